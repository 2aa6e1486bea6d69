import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChecks } from './check/run-checks.ts';
import { listTests, runJest, type TestCounts } from './jest/run-jest.ts';
import { lockDataDir } from './stack/lock-data-dir.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { secondsSince, terminalProgress } from './stack/progress.ts';
import { findPrometheus } from './stack/prometheus.ts';
import { resetData } from './stack/reset-data.ts';
import { StackError } from './stack/stack-error.ts';
import { startStack } from './stack/start-stack.ts';
import { presentToolEnvironment } from './tools/tool-environment.ts';
import { TOOLS } from './tools/tools.ts';

const ROOT = join(import.meta.dirname, '..');
const DATA_DIR = join(ROOT, '.throughline', 'test');
const DASHBOARD_TESTS = join('test', 'observability');
const UNIT_TIMEOUT_MS = 300_000;
const CHART_TIMEOUT_MS = 300_000;
const INT_TIMEOUT_MS = 1_500_000;

const HELP = `npm test -- [options] [pattern …]

Checks the code, runs the unit tests and then the integration tests on a Kafka, Postgres and Redis of its own.
The chart is tested with the programs that are there (see npm run test:chart). The dashboards' queries are tried on Prometheus, which is installed where that is possible.
With patterns (of file paths) only the tests that match run, without the checks.

  --unit    only the tests that need no stack
  --help    this text
`;

/** What came of everything that ran. */
const counts: { passed: number; failed: number } = { passed: 0, failed: 0 };

function add({ passed, failed }: TestCounts): void {
  counts.passed += passed;
  counts.failed += failed;
}

async function runAll(patterns: readonly string[], isUnitOnly: boolean, signal: AbortSignal): Promise<void> {
  const run = { root: ROOT, patterns, signal };
  const resultFile = (project: string) => join(DATA_DIR, `${project}-result.json`);
  if (patterns.length === 0 && !isUnitOnly) add({ passed: 0, failed: await runChecks(signal) });
  if (signal.aborted) return;
  add(await runJest({ ...run, project: 'unit', env: process.env, resultFile: resultFile('unit'), timeoutMs: UNIT_TIMEOUT_MS }));
  if (signal.aborted) return;
  const tools = await presentToolEnvironment(Object.values(TOOLS));
  if (TOOLS.helm.variable in tools) {
    const env = { ...process.env, ...tools };
    add(await runJest({ ...run, project: 'chart', env, resultFile: resultFile('chart'), timeoutMs: CHART_TIMEOUT_MS }));
  } else console.log('The chart is not tested: Helm 4 is missing. npm run test:chart builds it, and tests the chart.');
  if (isUnitOnly || signal.aborted) return;
  const files = await listTests(ROOT, 'int', patterns);
  if (files.length === 0) return;
  const progress = terminalProgress((line) => console.log(line));
  // Here, because an installation may take longer than a test. Where it fails the test that needs Prometheus says so, and the others run.
  if (files.some((file) => file.includes(DASHBOARD_TESTS))) {
    await findPrometheus({ progress, signal }).catch((error: Error) => progress('prometheus', error.message));
  }
  const ports = { kafka: 0, kafkaController: 0, postgres: 0, redis: 0 };
  const stack = await startStack({ dataDir: DATA_DIR, progress, ports, given: process.env, signal });
  try {
    const { kafkaBrokers, databaseUrl, redisUrl } = stack.addresses;
    const env = { ...process.env, KAFKA_BROKERS: kafkaBrokers, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl };
    add(await runJest({ ...run, project: 'int', env, resultFile: resultFile('int'), timeoutMs: INT_TIMEOUT_MS }));
  } finally {
    await stack.stop();
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { unit: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const startedAt = performance.now();
  const signal = onStopRequest();
  const unlock = lockDataDir(DATA_DIR);
  try {
    await resetData(DATA_DIR);
    await runAll(positionals, values.unit ?? false, signal);
  } catch (error) {
    counts.failed += 1;
    console.log(error instanceof StackError ? error.message : error);
  }
  if (signal.aborted) counts.failed += 1;
  if (positionals.length > 0 && counts.passed + counts.failed === 0) {
    console.log(`no test file matches ${positionals.join(' ')}`);
    counts.failed += 1;
  }
  if (counts.failed === 0) {
    // Also what Docker or the folder of Postgres' account keeps outside.
    await resetData(DATA_DIR);
    rmSync(DATA_DIR, { recursive: true, force: true });
  } else console.log(`logs of the stack: ${join(DATA_DIR, 'logs')}`);
  unlock();
  console.log(`\nfinished in ${secondsSince(startedAt)}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
