import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ComparedRun, compareTargets, type IntakeTarget } from './bench/intake/compare-targets.ts';
import { findHighestRate } from './bench/intake/find-highest-rate.ts';
import { type IntakeBench, openIntakeBench } from './bench/intake/open-intake-bench.ts';
import { printIntake } from './bench/intake/print-intake.ts';
import { type RateRun, type RateRunOptions, runAtRate } from './bench/intake/run-at-rate.ts';
import { type IntakeSummary, summarizeIntake } from './bench/intake/summarize-intake.ts';
import { awaitProcessed } from './load/await-processed.ts';
import { isKept, judgeOrders } from './load/judge-orders.ts';
import { loadReport, reportLines } from './load/load-report.ts';
import { createProcessedOrders } from './load/processed-orders.ts';
import { lockDataDir } from './stack/lock-data-dir.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { terminalProgress } from './stack/progress.ts';

const ROOT = join(import.meta.dirname, '..');
const RESULT = join(ROOT, 'bench', 'results', 'intake.json');
const DATA_DIR = join(ROOT, '.throughline', 'bench-intake');
const CONNECTIONS = 256;
/** There are users for so many a second. */
const MAX_RATE = 6_400;
const BOUNDED_P99_MS = 250;
/** The queue may be so many seconds of the rate behind when the load ends: over a longer run that is a smaller part. */
const BEHIND_SECONDS = 0.5;
const HEAT_UP_RATE = 400;
const PATIENCE_MS = 30_000;

const HELP = `npm run bench:intake -- [--quick]

Finds the highest rate of orders at which api, worker, Kafka, Postgres and Redis hold on this machine, the load generator beside them: all that is offered is accepted,
p99 stays below ${BOUNDED_P99_MS} ms, and the queue does not grow. Then, at half of it, accept latency and processor time a request: of the api at its own port and through the
edge, with the worker at work behind it, beside a bare express handler with a kafkajs send (acks of all replicas), which does nothing else. Rounds alternate;
what counts is the median of the rounds' ratios. Latencies count from when a request was due. Starts a stack and services of its own. Linux only.

  --quick    shorter steps: under two minutes
  --help     this text

Writes bench/results/intake.json. Ends with 1 when an accepted order was lost or doubled, or p99 at half the highest rate is above 50 ms.
`;

interface Durations {
  /** Before anything is measured. A cold broker takes three times the processor of one whose code is compiled: p99 at 400 a second was 260 ms in the first 20 s and 60 ms after 40 s. */
  readonly heatUpMs: number;
  readonly stepMs: number;
  readonly refinements: number;
  readonly confirmMs: number;
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly roundMs: number;
}

const FULL: Durations = {
  heatUpMs: 30_000,
  stepMs: 5_000,
  refinements: 3,
  confirmMs: 30_000,
  rounds: 3,
  warmUpMs: 1_500,
  roundMs: 6_000,
};
const QUICK: Durations = {
  heatUpMs: 20_000,
  stepMs: 3_000,
  refinements: 1,
  confirmMs: 8_000,
  rounds: 2,
  warmUpMs: 1_000,
  roundMs: 3_000,
};

const say = (line: string) => console.log(line);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const durations = values.quick ? QUICK : FULL;
  mkdirSync(DATA_DIR, { recursive: true });
  const releases: (() => unknown)[] = [lockDataDir(DATA_DIR)];
  try {
    await measure(durations, releases);
  } finally {
    for (const release of releases.toReversed()) await release();
  }
}

async function measure(durations: Durations, releases: (() => unknown)[]): Promise<void> {
  const progress = terminalProgress(say);
  const signal = onStopRequest();
  const bench = await openIntakeBench({ dataDir: DATA_DIR, highestRate: MAX_RATE, progress, signal, releases });
  const [api] = bench.targets;
  if (api === undefined) throw new Error('nothing to measure');
  await heatUp(bench, api, durations);
  const steps: RateRun[] = [];
  const highestRate = await findHighestRate({
    first: 400,
    growth: 1.5,
    refinements: durations.refinements,
    holds: async (rate) => {
      signal.throwIfAborted();
      const { run, holds } = await step(bench, api, rate, { ...durations, durationMs: durations.stepMs });
      steps.push(run);
      return holds;
    },
    confirms: (rate) => confirm(bench, api, rate, { ...durations, durationMs: durations.confirmMs }),
  });
  const halfRate = Math.round(highestRate / 2);
  const compared = await compareAt(halfRate, bench, durations);
  const summary = summarizeIntake({ highestRate, halfRate, compared });
  writeResult({ durations, summary, steps, compared });
  printIntake(summary, say);
  if (summary.lines.some(({ isMet }) => !isMet)) process.exitCode = 1;
}

async function heatUp(bench: IntakeBench, api: IntakeTarget, { heatUpMs }: Durations): Promise<void> {
  const others = bench.targets.filter((target) => target !== api);
  const legs = [{ ...api, durationMs: heatUpMs }, ...others.map((target) => ({ ...target, durationMs: heatUpMs / 5 }))];
  for (const { target, pid, durationMs } of legs) {
    await runAtRate({ target, pid, rate: HEAT_UP_RATE, warmUpMs: 0, durationMs, connections: CONNECTIONS });
    await bench.drained();
  }
}

type Window = Pick<RateRunOptions, 'warmUpMs' | 'durationMs'>;

async function step(bench: IntakeBench, { target, pid }: IntakeTarget, rate: number, { warmUpMs, durationMs }: Window) {
  const { run, ledger, orderRun } = await runAtRate({ target, pid, rate, warmUpMs, durationMs, connections: CONNECTIONS });
  const depth = await bench.depth();
  const holds = run.accepted === run.offered && run.p99Ms <= BOUNDED_P99_MS && depth <= rate * BEHIND_SECONDS;
  say(`${runLine(run)}  ${depth} in the queue  ${holds ? 'holds' : 'does not hold'}${reasonsOf(run)}`);
  await bench.drained();
  return { run, ledger, orderRun, holds };
}

/** A longer step, of which every order is looked at. */
async function confirm(bench: IntakeBench, target: IntakeTarget, rate: number, window: Window): Promise<boolean> {
  say(`confirming ${rate} a second for ${window.durationMs / 1_000} s …`);
  const { ledger, orderRun: run, holds } = await step(bench, target, rate, window);
  const processed = createProcessedOrders(bench.clients);
  await awaitProcessed({ run, ledger, processed, patienceMs: PATIENCE_MS, onProgress: () => undefined });
  const report = loadReport(ledger, judgeOrders(run, ledger.orders(), processed.byId));
  for (const line of reportLines(report)) say(`  ${line}`);
  if (!isKept(report.orders)) process.exitCode = 1;
  return holds;
}

function compareAt(rate: number, bench: IntakeBench, { rounds, warmUpMs, roundMs }: Durations): Promise<ComparedRun[]> {
  return compareTargets({
    targets: bench.targets,
    rounds,
    measure: async ({ target, pid }) => {
      const load = { target, pid, rate, connections: CONNECTIONS };
      return (await runAtRate({ ...load, warmUpMs, durationMs: roundMs })).run;
    },
    settle: () => bench.drained(),
    onMeasured: (run) => say(`round ${run.round}  ${run.target.padEnd(14)} ${runLine(run)}${reasonsOf(run)}`),
  });
}

function runLine({ rate, offered, accepted, p50Ms, p99Ms, maxMs, cpuUsPerRequest, generatorCpu }: RateRun): string {
  const [p50, p99, max] = [p50Ms, p99Ms, maxMs].map((value) => value.toFixed(1));
  const cpu = `${cpuUsPerRequest.toFixed(0)} µs CPU a request, generator ${(generatorCpu * 100).toFixed(0)} %`;
  return `${String(rate).padStart(5)} a second  ${accepted} of ${offered} accepted  p50 ${p50}  p99 ${p99}  max ${max} ms  ${cpu}`;
}

function reasonsOf({ reasons }: RateRun): string {
  const said = Object.entries(reasons).map(([reason, count]) => `${reason} × ${count}`);
  return said.length === 0 ? '' : `  (${said.join(', ')})`;
}

function writeResult(result: { durations: Durations; summary: IntakeSummary; steps: RateRun[]; compared: ComparedRun[] }): void {
  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model ?? 'unknown', node: process.version };
  mkdirSync(join(ROOT, 'bench', 'results'), { recursive: true });
  writeFileSync(RESULT, `${JSON.stringify({ measuredAt: new Date().toISOString(), machine, ...result }, null, 2)}\n`);
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
