import { randomUUID } from 'node:crypto';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createTestDatabase, waitFor } from '@throughline/testing';
import { createDatabase } from '../src/database/create-database.ts';
import { migrate } from '../src/migrate.ts';
import { createOutbox } from '../src/outbox/outbox.ts';
import { createRelay } from '../src/relay/relay.ts';
import { createFakeBroker } from './fake-broker.ts';

const ROWS = 40_000;
const KEYS = 2_000;

it('drains a backlog, each key in order', async () => {
  const logger = createLogger({ name: 'test', level: 'fatal' });
  const home = await createTestDatabase();
  const database = createDatabase({ connectionString: home.url, applicationName: 'backlog-test', logger });
  const broker = createFakeBroker();
  const relay = createRelay({
    database,
    driver: broker.driver(),
    name: 'test',
    logger,
    metrics: createMetrics({ service: 'test' }),
  });
  try {
    await migrate({ database, logger });
    const outbox = createOutbox({ wake: () => {} });
    const expected = new Map<string, string[]>();
    for (let start = 0; start < ROWS; start += 1_000) {
      const messages = Array.from({ length: 1_000 }, (_, index) => {
        const key = `key-${(start + index) % KEYS}`;
        const id = randomUUID();
        expected.set(key, [...(expected.get(key) ?? []), id]);
        return {
          id,
          aggregateType: 't',
          aggregateId: key,
          type: 'T',
          topic: 't.v1',
          key,
          payload: Buffer.alloc(480),
          headers: { ce_id: id },
        };
      });
      await database.transaction((tx) => outbox.insert(tx, messages));
    }
    const startedAt = performance.now();
    await relay.start();
    await waitFor(() => broker.log.length >= ROWS, { description: 'the backlog to be sent', timeoutMs: 60_000 });
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(`relay: ${ROWS} rows in ${seconds.toFixed(1)} s, ${Math.round(ROWS / seconds)} rows/s in ${broker.sends} sends`);
    const sent = Map.groupBy(broker.log, ({ key }) => key);
    for (const [key, ids] of expected) expect([...new Set(sent.get(key)?.map(({ id }) => id))]).toEqual(ids);
  } finally {
    await relay.stop();
    await database.close();
    await home.drop();
  }
}, 120_000);
