import { createLogger, createMetrics, METRICS } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase, waitFor } from '@throughline/testing';
import { createCleaner } from './cleaner.ts';
import { createDatabase } from './database/create-database.ts';
import type { Database } from './database/database.ts';
import { migrate } from './migrate.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'cleaner-test', logger });
  await migrate({ database, logger });
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

const count = async (table: string) =>
  (await database.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`))[0]?.rows;

it('removes what is over its time in batches and nothing else, and of two replicas one does it', async () => {
  await database.execute(`
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, headers, topic, shard, status, sent_at)
    SELECT gen_random_uuid(), 't', 'a', 'T', '{}', 'topic', 0, status, sent_at
    FROM (VALUES (0, NULL), (2, NULL), (3, NULL), (1, now()), (1, now() - interval '1 hour'), (4, now() - interval '1 hour')) AS kinds(status, sent_at), generate_series(1, 25)`);
  await database.execute(`
    INSERT INTO processed_events (consumer_group, source, event_id, processed_at)
    SELECT 'g', 's', days || '/' || n, now() - days * interval '1 day' FROM generate_series(1, 10) AS days, generate_series(1, 10) AS n`);
  await database.execute(
    `INSERT INTO handling_attempts VALUES ('g', 's', 'old', 1, now() - interval '2 days'), ('g', 's', 'new', 1, now())`,
  );
  await database.execute(`
    INSERT INTO idempotency_keys (caller, operation, key, token, expires_at)
    VALUES ('c', 'o', 'old', gen_random_uuid(), now() - interval '1 s'), ('c', 'o', 'new', gen_random_uuid(), now() + interval '1 h')`);

  const registries = [createMetrics({ service: 'one' }), createMetrics({ service: 'two' })];
  const cleaners = registries.map((metrics) => createCleaner({ database, logger, metrics, batchRows: 7, intervalMs: 20 }));
  for (const cleaner of cleaners) cleaner.start();
  try {
    await waitFor(async () => (await count('idempotency_keys')) === 1, { description: 'the last table' });
  } finally {
    await Promise.all(cleaners.map((cleaner) => cleaner.stop()));
  }
  expect(await database.query('SELECT status, count(*)::int AS rows FROM outbox GROUP BY status ORDER BY status')).toEqual(
    [0, 1, 2, 3].map((status) => ({ status, rows: 25 })),
  );
  expect([await count('processed_events'), await count('handling_attempts'), await count('idempotency_keys')]).toEqual([
    70, 1, 1,
  ]);
  const removed = await Promise.all(registries.map((metrics) => metrics.counter(METRICS.cleanerRemovedRowsTotal).get()));
  const totals = removed.map(({ values }) => values.reduce((sum, { value }) => sum + value, 0));
  expect(totals.toSorted((a, b) => a - b)).toEqual([0, 82]);
  expect(await count('backbone_leases')).toBe(0);
});
