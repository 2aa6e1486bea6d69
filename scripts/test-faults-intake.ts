import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FaultStage } from '../test/faults/random/fault-stage.ts';
import { openOwnFaultStage } from '../test/faults/random/own-fault-stage.ts';
import { type IntakeFaultOptions, runIntakeFaults } from '../test/intake/run-intake-faults.ts';
import { type IntakeServices, startIntakeServices } from './intake-stage/start-intake-services.ts';
import { reportLines } from './load/load-report.ts';
import { lockDataDir } from './stack/lock-data-dir.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { type Progress, secondsSince, terminalProgress } from './stack/progress.ts';
import { resetData } from './stack/reset-data.ts';

const DATA_DIR = join(import.meta.dirname, '..', '.throughline', 'test-faults-intake');
const STORES = ['kafka', 'postgres', 'redis'];
const DRAIN_DEADLINE_MS = 300_000;
/** Shorter than any restart of the broker, so that clients are told of each. */
const ACCEPT_DEADLINE_MS = 2_000;

const HELP = `npm run test:faults:intake -- [options]

Places orders at a fixed rate through the edge of an intake of its own, while the worker is stopped, the broker is restarted, and the worker is killed with SIGKILL and another
one started. Prints how fast the backlog grew and went. At the end every accepted order must be processed, once. Exit 1 when one is lost or doubled, when an order is
not accepted because the worker is away, or when the backlog goes more slowly than it grew.

  --rate <number>                  orders a second (default: 200)
  --seconds <number>               of load before, between and after the faults (default: 10)
  --stop-worker-seconds <number>   without a worker (default: 60)
  --broker <restart|kill|none>     how the broker goes (default: restart)
  --help                           this text
`;

const HOW = { restart: 'stopped', kill: 'killed' } as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '10' },
      'stop-worker-seconds': { type: 'string', default: '60' },
      broker: { type: 'string', default: 'restart' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { broker } = values;
  if (broker !== 'restart' && broker !== 'kill' && broker !== 'none') throw new Error('--broker takes restart, kill or none');
  const [rate, seconds, stopSeconds] = [values.rate, values.seconds, values['stop-worker-seconds']].map(numberOf) as [
    number,
    number,
    number,
  ];
  const how = broker === 'none' ? undefined : HOW[broker];
  const load = { rate, calmMs: seconds * 1_000, stopWorkerMs: stopSeconds * 1_000, drainDeadlineMs: DRAIN_DEADLINE_MS };
  mkdirSync(DATA_DIR, { recursive: true });
  const unlock = lockDataDir(DATA_DIR);
  try {
    await run(load, how);
  } finally {
    unlock();
  }
}

async function run(
  load: Pick<IntakeFaultOptions, 'rate' | 'calmMs' | 'stopWorkerMs' | 'drainDeadlineMs'>,
  how: 'stopped' | 'killed' | undefined,
): Promise<void> {
  const progress = terminalProgress((line) => console.log(line));
  const signal = onStopRequest();
  for (const store of ['', ...STORES]) await resetData(join(DATA_DIR, store));
  let stage: FaultStage | undefined;
  let services: IntakeServices | undefined;
  try {
    stage = await openOwnFaultStage({ dataDir: DATA_DIR, progress, signal });
    services = await startServices(stage, progress);
    const startedAt = performance.now();
    const { restart } = stage;
    const { violations, load: report } = await runIntakeFaults({
      services,
      ...load,
      ...(how !== undefined && restart !== undefined && { disturbBroker: () => restart('kafka', how) }),
      report: (line) => progress(secondsSince(startedAt), line),
      signal,
    });
    for (const line of reportLines(report)) console.log(line);
    for (const violation of violations) console.log(`VIOLATION ${violation}`);
    if (violations.length > 0) process.exitCode = 1;
  } finally {
    await services?.stop();
    await stage?.close();
  }
}

function startServices(stage: FaultStage, progress: Progress): Promise<IntakeServices> {
  const { kafkaBrokers, redisUrl, adminUrl } = stage;
  const addresses = { kafkaBrokers: kafkaBrokers.join(','), redisUrl, databaseUrl: adminUrl };
  const env = { ACCEPT_DEADLINE_MS: String(ACCEPT_DEADLINE_MS) };
  return startIntakeServices({ dataDir: DATA_DIR, addresses, progress, env });
}

function numberOf(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new Error(`${text} is not a number of orders or seconds`);
  return number;
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
