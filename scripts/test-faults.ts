import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OUTAGE_KINDS } from '../test/faults/outage/outage-kinds.ts';
import { type OutageReport, runOutages } from '../test/faults/outage/run-outages.ts';
import type { FaultStage } from '../test/faults/random/fault-stage.ts';
import { openOwnFaultStage } from '../test/faults/random/own-fault-stage.ts';
import { type RunReport, runUnderFaults } from '../test/faults/random/run-under-faults.ts';
import { runJest } from './jest/run-jest.ts';
import { lockDataDir } from './stack/lock-data-dir.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { type Progress, secondsSince, terminalProgress } from './stack/progress.ts';
import { resetData } from './stack/reset-data.ts';
import { startStack } from './stack/start-stack.ts';

const ROOT = join(import.meta.dirname, '..');
const DATA_DIR = join(ROOT, '.throughline', 'test-faults');
const STORES = ['kafka', 'postgres', 'redis'];
const CRASH_TIMEOUT_MS = 300_000;
const DRAIN_DEADLINE_MS = 180_000;
const OUTAGE_WARM_UP_MS = 10_000;
const MEMBERS = 3;

const HELP = `npm run test:faults -- [options]

First the crash table: a test for each row, in which a process ends itself at that point. Then random faults under load on a Kafka, Postgres and
Redis of its own: processes killed, frozen, removed and added; stores restarted, killed, flushed; connections cut, slowed, held, their answers
lost. Then outages under load: the database refuses, and what the handlers depend on is away. At the end all is healed and drained, and every promise
is checked. Exit 1 when one is broken; the logs are kept then.

  --seed <number>      of the random faults, may be repeated for several runs (default: chosen, and printed)
  --minutes <number>   of each run (default: 5)
  --rate <number>      events a second (default: 300)
  --outage-seconds <number>  of each outage (default: 60)
  --only <what>        crash, random or outage
  --help               this text
`;

interface Settings {
  readonly seeds: readonly number[];
  readonly minutes: number;
  readonly rate: number;
  readonly outageSeconds: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', multiple: true },
      minutes: { type: 'string', default: '5' },
      rate: { type: 'string', default: '300' },
      'outage-seconds': { type: 'string', default: '60' },
      only: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.only !== undefined && !isPart(values.only)) throw new Error(`--only takes one of ${Object.keys(PARTS).join(', ')}`);
  const parts = values.only === undefined ? Object.values(PARTS) : [PARTS[values.only]];
  const settings: Settings = {
    seeds: (values.seed ?? [String(Math.floor(Math.random() * 1_000_000))]).map((seed) => numberOf('--seed', seed)),
    minutes: numberOf('--minutes', values.minutes),
    rate: numberOf('--rate', values.rate),
    outageSeconds: numberOf('--outage-seconds', values['outage-seconds']),
    progress: terminalProgress((line) => console.log(line)),
    signal: onStopRequest(),
  };
  mkdirSync(DATA_DIR, { recursive: true });
  const unlock = lockDataDir(DATA_DIR);
  try {
    let failed = 0;
    for (const run of parts) if (!settings.signal.aborted) failed += await run(settings);
    return settings.signal.aborted || failed > 0 ? 1 : 0;
  } finally {
    unlock();
  }
}

/** Each resolves with how much failed. */
const PARTS = { crash: runCrashTable, random: runRandomFaults, outage: runOutagePart } as const;

const isPart = (name: string): name is keyof typeof PARTS => Object.hasOwn(PARTS, name);

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new Error(`${option} takes a number, not ${text}`);
  return number;
}

/** @returns how many rows failed */
async function runCrashTable({ progress, signal }: Settings): Promise<number> {
  const dataDir = join(DATA_DIR, 'crash');
  await resetData(dataDir);
  const ports = { kafka: 0, kafkaController: 0, postgres: 0, redis: 0 };
  const stack = await startStack({ dataDir, progress, ports, given: {}, signal });
  try {
    const { kafkaBrokers, databaseUrl, redisUrl } = stack.addresses;
    const { passed, failed } = await runJest({
      root: ROOT,
      project: 'int',
      patterns: ['test/faults/crash'],
      env: { ...process.env, KAFKA_BROKERS: kafkaBrokers, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl },
      resultFile: join(dataDir, 'result.json'),
      timeoutMs: CRASH_TIMEOUT_MS,
      signal,
    });
    console.log(`crash table: ${passed} passed, ${failed} failed`);
    return failed;
  } finally {
    await stack.stop();
  }
}

/** @returns how many runs broke a promise */
async function runRandomFaults(settings: Settings): Promise<number> {
  let failed = 0;
  for (const seed of settings.seeds) {
    if (settings.signal.aborted) break;
    if (!(await runSeed(seed, settings))) failed += 1;
  }
  console.log(`random faults: ${settings.seeds.length - failed} of ${settings.seeds.length} runs without a violation`);
  return failed;
}

async function openStage(signal: AbortSignal): Promise<FaultStage> {
  const dataDir = join(DATA_DIR, 'random');
  for (const store of STORES) await resetData(join(dataDir, store));
  return openOwnFaultStage({ dataDir, progress: () => undefined, signal });
}

function emptyLogDir(name: string): string {
  const logDir = join(DATA_DIR, 'random', 'logs', name);
  rmSync(logDir, { recursive: true, force: true });
  return logDir;
}

/** @returns 1 when a promise was broken */
async function runOutagePart({ outageSeconds, rate, progress, signal }: Settings): Promise<number> {
  const logDir = emptyLogDir('outage');
  console.log(`outages: ${OUTAGE_KINDS.length} of ${outageSeconds} s, ${rate} events/s`);
  const startedAt = performance.now();
  const stage = await openStage(signal);
  try {
    const report = await runOutages({
      stage,
      kinds: OUTAGE_KINDS,
      outageMs: outageSeconds * 1_000,
      warmUpMs: OUTAGE_WARM_UP_MS,
      eventsPerSecond: rate,
      members: MEMBERS,
      logDir,
      drainDeadlineMs: DRAIN_DEADLINE_MS,
      report: (line) => progress(secondsSince(startedAt), line),
      signal,
    });
    printOutages(report);
    closeLogs(report.violations, logDir);
    return report.violations.length === 0 ? 0 : 1;
  } finally {
    await stage.close();
  }
}

function printOutages({ events, legs }: OutageReport): void {
  for (const { kind, published, caughtUpAfterMs, retried, parked } of legs) {
    const caughtUp = (caughtUpAfterMs / 1_000).toFixed(1);
    console.log(
      `  outage ${kind}: ${published} events meanwhile, caught up ${caughtUp} s after, ${retried} went to retry topics, ${parked} were parked`,
    );
  }
  console.log(`outages: ${events} events`);
}

function closeLogs(violations: readonly string[], logDir: string): void {
  for (const violation of violations) console.log(`  VIOLATION ${violation}`);
  if (violations.length > 0) console.log(`  logs: ${logDir}`);
  else rmSync(logDir, { recursive: true, force: true });
}

async function runSeed(seed: number, { minutes, rate, progress, signal }: Settings): Promise<boolean> {
  const logDir = emptyLogDir(`seed-${seed}`);
  console.log(
    `seed ${seed}: ${minutes} min, ${rate} events/s (again: npm run test:faults -- --only random --seed ${seed} --minutes ${minutes})`,
  );
  const startedAt = performance.now();
  const stage = await openStage(signal);
  try {
    const report = await runUnderFaults({
      stage,
      seed,
      durationMs: minutes * 60_000,
      eventsPerSecond: rate,
      members: MEMBERS,
      logDir,
      drainDeadlineMs: DRAIN_DEADLINE_MS,
      report: (line) => progress(secondsSince(startedAt), line),
      signal,
    });
    print(seed, report, logDir);
    return report.violations.length === 0;
  } finally {
    await stage.close();
  }
}

function print(seed: number, { violations, events, faults, decisions, drainedAfterMs }: RunReport, logDir: string): void {
  const kinds = [...faults].map(([kind, count]) => `${kind} ${count}`).join(', ');
  const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
  const drained =
    drainedAfterMs === undefined ? 'not drained' : `drained ${(drainedAfterMs / 1_000).toFixed(1)} s after the last`;
  console.log(`seed ${seed}: ${events} events, ${total} faults (${kinds}), ${drained}`);
  console.log(`  dead letters: ${decisions.replayed} replayed, ${decisions.edited} edited, ${decisions.discarded} discarded`);
  closeLogs(violations, logDir);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
