import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createKafkaDriver } from '@throughline/kafka';
import { createLogger } from '@throughline/telemetry';
import { resendEvent } from './demo/resend-event.ts';
import { runWalkthrough } from './demo/run-walkthrough.ts';
import { waitUntil } from './demo/wait-until.ts';
import { isHealthy } from './installation/running-installation.ts';
import { readRunState } from './stack/run-state.ts';

const READY_TIMEOUT_MS = 10_000;

const HELP = `npm run demo:storage -- [options]

Goes through the ten steps of object storage against the running stack (npm start) and prints what it saw.

  --url <url>        the edge, default that of the running stack, else http://localhost:8080
  --data-dir <path>  data directory of the running stack, default .throughline
  --help             this text

The last step writes to Kafka: the running stack's, else that at KAFKA_BROKERS.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { url: { type: 'string' }, 'data-dir': { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const dataDir =
    values['data-dir'] === undefined ? join(import.meta.dirname, '..', '.throughline') : resolve(values['data-dir']);
  const state = readRunState(dataDir);
  const brokers = state?.kafkaBrokers ?? process.env.KAFKA_BROKERS;
  if (brokers === undefined) throw new Error('nothing is running: start it with npm start, or name the brokers in KAFKA_BROKERS');
  const edgeUrl = values.url ?? state?.edgeUrl ?? 'http://localhost:8080';
  // The note of a stack is there a moment before its edge answers, and stays where one was killed.
  const isReady = async () => (await isHealthy(edgeUrl)) || undefined;
  await waitUntil(`the edge at ${edgeUrl} to be ready (is npm start running?)`, isReady, READY_TIMEOUT_MS);
  const logger = createLogger({ name: 'storage-demo', level: 'fatal' });
  const driver = createKafkaDriver({ brokers: brokers.split(','), clientId: 'storage-demo', logger });
  const resendCreated = (objectId: string, times: number) =>
    resendEvent({ driver, topic: 'storage.object.v1', key: objectId, eventType: 'OBJECT_CREATED', times });
  try {
    await runWalkthrough({ edgeUrl, resendCreated, say: (line) => console.log(line) });
  } finally {
    await driver.close();
  }
  console.log('\nAll ten steps were seen.');
}

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
