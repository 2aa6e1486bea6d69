import { randomUUID } from 'node:crypto';
import type { OutboxMessage } from '@throughline/messaging';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import { createDatabase } from '../database/create-database.ts';
import type { Database } from '../database/database.ts';
import { migrate } from '../migrate.ts';
import { createOutbox } from './outbox.ts';
import { shardOf } from './shard.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'outbox-test', logger });
  await migrate({ database, logger });
});

afterAll(async () => {
  await database.close();
  await home.drop();
});

beforeEach(() => database.execute('TRUNCATE outbox'));

const message = (changes: Partial<OutboxMessage> = {}): OutboxMessage => ({
  id: randomUUID(),
  aggregateType: 'bucket',
  aggregateId: 'b-1',
  type: 'BUCKET_UPDATED',
  topic: 'storage.bucket.v1',
  key: 'b-1',
  payload: Buffer.from('{}'),
  headers: { ce_id: 'x' },
  ...changes,
});

it('tells which shards have something new', async () => {
  const woken: unknown[] = [];
  const outbox = createOutbox({ wake: (shards) => woken.push(shards) });
  await database.transaction((tx) => outbox.insert(tx, [message(), message({ aggregateId: 'b-2' })]));
  expect(woken).toEqual([[shardOf('bucket', 'b-1'), shardOf('bucket', 'b-2')]]);
});

it('keeps the order of insertion, also past the size of one statement, and wakes after the commit', async () => {
  let wakes = 0;
  const outbox = createOutbox({ wake: () => (wakes += 1) });
  const messages = Array.from({ length: 2_500 }, (_, index) => message({ aggregateId: `b-${index}` }));
  await database.transaction(async (tx) => {
    await outbox.insert(tx, messages);
    expect(wakes).toBe(0);
  });
  expect(wakes).toBe(1);
  const rows = await database.query<{ aggregateid: string; shard: number }>('SELECT aggregateid, shard FROM outbox ORDER BY seq');
  expect(rows).toEqual(messages.map(({ aggregateId }) => ({ aggregateid: aggregateId, shard: shardOf('bucket', aggregateId) })));
});

it('inserts nothing when one record is too large', async () => {
  const outbox = createOutbox({ wake: () => {}, maxRecordBytes: 100 });
  const attempt = database.transaction((tx) => outbox.insert(tx, [message(), message({ payload: Buffer.alloc(100) })]));
  await expect(attempt).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE', retryable: false });
  expect(await database.query('SELECT 1 FROM outbox')).toEqual([]);
});

it('does nothing and wakes nobody for no messages', async () => {
  let wakes = 0;
  const outbox = createOutbox({ wake: () => (wakes += 1) });
  await database.transaction((tx) => outbox.insert(tx, []));
  expect(wakes).toBe(0);
});

it('inserts as a part of a statement, for the rows that the statement has', async () => {
  const outbox = createOutbox({ wake: () => {} });
  const given = message({ headers: { ce_id: 'x', 'ce_\u0000': Buffer.from([0]) }, payload: Buffer.from([0, 255]) });
  const part = outbox.statementPart(given, { firstParameter: 2, from: 'wanted' });
  const insert = (id: number) =>
    database.execute(`WITH wanted AS (SELECT 1 WHERE $1 = 1) ${part.sql}`, [id, ...part.parameters], { name: 'with-part' });
  expect([await insert(0), await insert(1)]).toEqual([0, 1]);
  await database.transaction((tx) => outbox.insert(tx, [given]));
  const rows = await database.query(
    'SELECT id, aggregatetype, aggregateid, type, payload, headers, topic, record_key, shard FROM outbox',
  );
  expect(rows).toHaveLength(2);
  expect(rows[0]).toEqual(rows[1]);
});
