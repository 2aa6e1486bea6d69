import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { IntakeDemo } from './demo/intake-demo.ts';
import { createIntakeOperations } from './demo/intake-operations.ts';
import { createOrderRefusal } from './demo/intake-refuse-order.ts';
import { INTAKE_STEPS } from './demo/intake-steps.ts';
import { runSteps } from './demo/run-steps.ts';
import { waitUntil } from './demo/wait-until.ts';
import { runThroughlineText } from './installation/run-throughline.ts';
import { isHealthy } from './installation/running-installation.ts';
import { serviceDatabaseUrl } from './installation/service-database-url.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { readRunState } from './stack/run-state.ts';

const READY_TIMEOUT_MS = 10_000;
const GROUP = 'intake.worker';

const HELP = `npm run demo:intake -- [options]

Goes through order intake against the running stack (npm start) and prints what it saw: accepted, repeated, conflicting and
refused orders, the queue, and an order that the worker's database refuses: its tries, its dead letter, its replay, its journey.
With the usual settings the tries take a minute and a half.

  --data-dir <path>  data directory of the running stack, default .throughline
  --help             this text

Where npm start was given a Postgres in DATABASE_URL, so must this be.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'data-dir': { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const dataDir = resolve(values['data-dir'] ?? join(import.meta.dirname, '..', '.throughline'));
  const state = readRunState(dataDir);
  if (state === undefined) throw new Error('nothing is running: start it with npm start');
  const { edgeUrl } = state;
  // The note of a stack is there a moment before its edge answers, and stays where one was killed.
  const isReady = async () => (await isHealthy(edgeUrl)) || undefined;
  await waitUntil(`the edge at ${edgeUrl} to be ready (is npm start running?)`, isReady, READY_TIMEOUT_MS);
  const worker = { dataDir, service: 'intake-worker', database: 'intake_worker' };
  const refusal = createOrderRefusal(serviceDatabaseUrl({ ...worker, adminUrl: process.env.DATABASE_URL || undefined }));
  const say = (line: string) => console.log(line);
  const demo: IntakeDemo = {
    edgeUrl,
    runId: crypto.randomUUID().slice(0, 8),
    operations: createIntakeOperations({ dataDir, state, group: GROUP }),
    refusal,
    tellJourney: (eventId) => runThroughlineText(dataDir, 'journey', eventId),
    say,
    client: undefined,
    accepted: undefined,
    refused: undefined,
  };
  const stopRequest = onStopRequest();
  const stopped = new Promise<never>((_, reject) => {
    stopRequest.addEventListener('abort', () => reject(new Error('stopped before the end')), { once: true });
  });
  try {
    await Promise.race([runSteps({ steps: INTAKE_STEPS, demo, say }), stopped]);
  } finally {
    await refusal.lift();
  }
  console.log(`\nAll ${INTAKE_STEPS.length} steps were seen.`);
}

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  // What a stop cut off would go on.
  process.exit(1);
}
