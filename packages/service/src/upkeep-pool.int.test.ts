import { createLogger, createMetrics } from '@throughline/telemetry';
import { createTestDatabase, stackAddresses, type TestDatabase, testPrefix, waitFor } from '@throughline/testing';
import { createReleasers } from './releasers.ts';
import type { ServiceRuntime } from './run-service.ts';
import { startBackbone } from './start-backbone.ts';

const { kafkaBrokers, redisUrl } = stackAddresses();
const logger = createLogger({ name: 'test', level: 'fatal' });
const releasers = createReleasers(logger);
const readiness = new Map<string, () => Promise<void> | void>();
const runtime: ServiceRuntime = {
  logger,
  metrics: createMetrics({ service: 'test' }),
  stopping: new AbortController().signal,
  onStop: releasers.add,
  addReadiness: (name, check) => void readiness.set(name, check),
  addLiveness: () => {},
  addOperations: () => {},
};
let home: TestDatabase;

beforeAll(async () => {
  home = await createTestDatabase();
});
afterAll(async () => {
  await releasers.releaseAll();
  await home.drop();
});

it('stays ready and relays while handlers and requests hold every other connection', async () => {
  const topic = testPrefix('upkeep');
  const { database, upkeep, outbox, relay } = await startBackbone({
    runtime,
    config: { databaseUrl: home.url, redisUrl, kafkaBrokers, createTopics: true, databaseConnections: 1 },
    name: topic,
    publishes: [{ topic, partitions: 1 }],
  });
  const id = crypto.randomUUID();
  await database.transaction(async () => {
    await upkeep.transaction((tx) =>
      outbox.insert(tx, [
        { id, aggregateType: 'thing', aggregateId: 'a', type: 'T', topic, key: 'a', payload: Buffer.from('{}'), headers: {} },
      ]),
    );
    await waitFor(async () => (await upkeep.query('SELECT 1 FROM outbox WHERE status = 1')).length === 1, {
      description: 'the row to be sent',
      timeoutMs: 20_000,
    });
    await readiness.get('database')?.();
  });
  expect(relay.stats().shardsOwned).toBe(64);
}, 60_000);
