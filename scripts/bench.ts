import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { backboneTargets } from './bench/backbone/backbone-targets.ts';
import type { BenchContext } from './bench/backbone/bench-context.ts';
import { openBenchTopics } from './bench/backbone/bench-topics.ts';
import { allComparisons } from './bench/backbone/comparisons/all-comparisons.ts';
import { openKafkaPerf } from './bench/backbone/limits/kafka-perf.ts';
import { measureComparison } from './bench/backbone/measure-comparison.ts';
import type { Comparison, Measurement } from './bench/backbone/measurement.ts';
import { printBackbone } from './bench/backbone/print-backbone.ts';
import { startTraceSink } from './bench/backbone/start-trace-sink.ts';
import { type BackboneSummary, summarizeBackbone } from './bench/backbone/summarize-backbone.ts';
import { lockDataDir } from './stack/lock-data-dir.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { secondsSince, terminalProgress } from './stack/progress.ts';
import { resetData } from './stack/reset-data.ts';
import { startStack } from './stack/start-stack.ts';

const ROOT = join(import.meta.dirname, '..');
const DATA_DIR = join(ROOT, '.throughline', 'bench-backbone');
const RESULT = join(ROOT, 'bench', 'results', 'backbone.json');
/** Of a run that left something out: it must not pass for the whole. */
const PARTIAL_RESULT = join(ROOT, '.throughline', 'bench-backbone.json');

/** From the start: a quick run on a busy machine must end in time, also when runs do not count. */
const QUICK_REPEATS_MS = 180_000;

const HELP = `npm run bench -- [--quick] [--only <comparison,…>] [--rounds <number>]

The backbone beside the loops people write by hand over kafkajs and pg, and beside the limits (pgbench, Kafka's own perf tools), round by
round in turn; every variant in a process of its own. Ours runs as services do: contracts, claims in Redis, outcome records, metrics, and
traces of which a tenth is sampled. bench/README.md says what is compared and how to read it.

  consume-once   dedup and a business row in Postgres: batches, event by event, by hand one by one and with all partitions at once
  relay          outbox rows to Kafka
  consume        reading and parsing only
  produce        publish(event) beside sends of 100
  latency        commit of the outbox row to commit of the effect, at 200 events a second
  relay-1m, backlog, held-xmin, consume-sizes, produce-sizes, consumers: how it grows; not with --quick

  --quick        short windows and without growth; at most 5 minutes
  --only         these comparisons
  --rounds       (default 3)
  --help         this text

Starts a stack of its own; KAFKA_BROKERS, DATABASE_URL (a superuser's) and REDIS_URL give another. Prints \`ratio <workload> <against>
<number>\` lines, a table and the targets; writes bench/results/backbone.json, with --only .throughline/bench-backbone.json.
`;

const say = (line: string) => console.log(line);

interface Settings {
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly only: readonly string[] | undefined;
}

function readSettings(): Settings | undefined {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      only: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds} is not a whole number above 0`);
  return { isQuick: values.quick ?? false, rounds, only: values.only?.split(',') };
}

async function measureAll(settings: Settings, signal: AbortSignal): Promise<void> {
  const releases: (() => Promise<void>)[] = [];
  try {
    const context = await openContext(settings, signal, releases);
    const comparisons = choose(allComparisons(context, await openKafkaPerf(context)), settings.only);
    const measurements: Measurement[] = [];
    const options = {
      rounds: settings.rounds,
      mayRepeat: () => !settings.isQuick || performance.now() < QUICK_REPEATS_MS,
      signal,
      say,
    };
    for (const comparison of comparisons) measurements.push(...(await measureComparison(comparison, options)));
    const summary = summarizeBackbone(comparisons, measurements);
    writeResult(settings, summary, measurements);
    printBackbone(summary, say);
  } finally {
    for (const release of releases.toReversed()) await release();
  }
}

async function openContext({ isQuick }: Settings, signal: AbortSignal, releases: (() => Promise<void>)[]): Promise<BenchContext> {
  const ports = { kafka: 0, kafkaController: 0, postgres: 0, redis: 0 };
  const stack = await startStack({ dataDir: DATA_DIR, progress: terminalProgress(say), ports, given: process.env, signal });
  releases.push(() => stack.stop());
  const { kafkaBrokers: brokers, databaseUrl, redisUrl } = stack.addresses;
  const topics = await openBenchTopics(brokers);
  releases.push(() => topics.close());
  const sink = await startTraceSink();
  releases.push(() => sink.close());
  const logFolder = join(DATA_DIR, 'variants');
  return { brokers, databaseUrl, redisUrl, topics, isQuick, say, signal, tracesUrl: sink.url, logFolder };
}

function choose(comparisons: readonly Comparison[], only: readonly string[] | undefined): readonly Comparison[] {
  if (only === undefined) return comparisons;
  const unknown = only.filter((name) => comparisons.every((comparison) => comparison.name !== name));
  if (unknown.length > 0) {
    throw new Error(`no comparison ${unknown.join(', ')}; there are ${comparisons.map(({ name }) => name).join(', ')}`);
  }
  return comparisons.filter(({ name }) => only.includes(name));
}

function writeResult(settings: Settings, summary: BackboneSummary, measurements: readonly Measurement[]): void {
  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model ?? 'unknown', node: process.version };
  const content = {
    measuredAt: new Date().toISOString(),
    machine,
    settings,
    targets: backboneTargets(summary),
    ...summary,
    measurements,
  };
  mkdirSync(join(ROOT, 'bench', 'results'), { recursive: true });
  const file = settings.only === undefined ? RESULT : PARTIAL_RESULT;
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

async function main(): Promise<void> {
  const settings = readSettings();
  if (settings === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const startedAt = performance.now();
  const signal = onStopRequest();
  const unlock = lockDataDir(DATA_DIR);
  try {
    await resetData(DATA_DIR);
    await measureAll(settings, signal);
    await resetData(DATA_DIR);
    rmSync(DATA_DIR, { recursive: true, force: true });
  } catch (error) {
    if (!signal.aborted) throw error;
    say('stopped');
    process.exitCode = 1;
    return;
  } finally {
    unlock();
  }
  say(`\nfinished in ${secondsSince(startedAt)}`);
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
