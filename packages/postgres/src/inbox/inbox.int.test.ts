import { randomUUID } from 'node:crypto';
import type { DeadLetter, InboxEntry } from '@throughline/messaging';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, inboxEntry, inboxSuite, type TestDatabase, waitFor } from '@throughline/testing';
import fc from 'fast-check';
import { createDatabase } from '../database/create-database.ts';
import type { Database, Transaction } from '../database/database.ts';
import { migrate } from '../migrate.ts';
import { createOutbox } from '../outbox/outbox.ts';
import { createInbox } from './inbox.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
const entry = inboxEntry();
let home: TestDatabase;
let database: Database;
/** Gives a lock up soon. */
let impatient: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  const options = { connectionString: home.url, applicationName: 'inbox-test', logger };
  database = createDatabase(options);
  impatient = createDatabase({ ...options, lockTimeoutMs: 300 });
  await migrate({ database, logger });
  await database.execute('CREATE TABLE effects (place bigint GENERATED ALWAYS AS IDENTITY, id text)');
});

afterAll(async () => {
  await Promise.all([database.close(), impatient.close()]);
  await home.drop();
});

beforeEach(async () => {
  await database.execute('TRUNCATE effects, processed_events, handling_attempts, dead_letters, outbox');
});

it('lets a duplicate wait for the transaction of the first, and skips it after the commit', async () => {
  const inbox = createInbox({ database });
  let second: Promise<readonly string[]> | undefined;
  const first = inbox.handleOnce([entry], async (tx) => {
    second = inbox.handleOnce([entry], async (other) => void (await other.execute(`INSERT INTO effects (id) VALUES ('second')`)));
    await waitFor(
      async () =>
        (await database.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1`, [home.name]))
          .length,
      { description: 'the duplicate to wait', intervalMs: 5 },
    );
    await tx.execute(`INSERT INTO effects (id) VALUES ('first')`);
  });
  expect(await first).toEqual(['handled']);
  expect(await second).toEqual(['duplicate']);
  expect(await database.query('SELECT id FROM effects')).toEqual([{ id: 'first' }]);
});

it('does not let a duplicate wait without end', async () => {
  const inbox = createInbox({ database: impatient });
  await inbox.handleOnce([entry], async () => {
    await expect(inbox.handleOnce([inboxEntry(), entry], async () => {})).rejects.toMatchObject({
      code: 'TRANSACTION_CONFLICT',
      retryable: true,
    });
  });
});

it('knows events by ids that Postgres cannot hold, and tells them apart', async () => {
  const inbox = createInbox({ database });
  const ids = ['a\0b', 'a\uFFFDb', 'x'.repeat(9_000), `${'x'.repeat(8_999)}y`, '{"}', 'NULL', ''];
  const keys = ids.map((id) => ({ ...entry.key, id }));
  const none = ids.map(() => false);
  expect(await inbox.areHandled(keys)).toEqual(none);
  expect(await inbox.countAttempts(keys)).toEqual(ids.map(() => 1));
  const [first, ...others] = keys.map((key) => ({ ...entry, key }));
  expect(await inbox.handleOnce([first as InboxEntry], async () => {})).toEqual(['handled']);
  expect(await inbox.areHandled(keys)).toEqual([true, ...none.slice(1)]);
  const outcomes = await inbox.handleOnce([...others, first as InboxEntry], async () => {});
  expect(outcomes).toEqual([...others.map(() => 'handled'), 'duplicate']);
  expect(await inbox.areHandled(keys)).toEqual(ids.map(() => true));
});

it('tells ids apart that mean something in arrays of Postgres, also where some were handled before', async () => {
  const inbox = createInbox({ database });
  const entries = ['"', '\\', '\\"', '{}', ',', 'NULL', 'null', ' ', '', '","', 'é\n'].map((id) => inboxEntry({ id }));
  const before = entries.filter((_, index) => index % 2 === 0);
  await inbox.handleOnce(before, async () => {});
  const outcomes = await inbox.handleOnce(entries, async () => {});
  expect(outcomes).toEqual(entries.map((each) => (before.includes(each) ? 'duplicate' : 'handled')));
  expect(await inbox.areHandled(entries.map(({ key }) => key))).toEqual(entries.map(() => true));
});

it('drops what is published in a handling that must not publish, and keeps its effect', async () => {
  const inbox = createInbox({ database });
  const outbox = createOutbox({ wake: () => {} });
  const message = {
    ...{ id: randomUUID(), aggregateType: 'order', aggregateId: '1', type: 'ORDER_PLACED', topic: 'orders.v1' },
    ...{ key: '1', payload: Buffer.from('{}'), headers: {} },
  };
  const work = async (tx: Transaction) => {
    await tx.execute(`INSERT INTO effects (id) VALUES ('effect')`);
    await outbox.insert(tx, [message]);
  };
  const rows = () => database.query('SELECT 1 FROM outbox');
  expect(await inbox.handleOnce([entry], work, { isPublishingSuppressed: true })).toEqual(['handled']);
  expect([await rows(), await database.query('SELECT id FROM effects')]).toEqual([[], [{ id: 'effect' }]]);
  await inbox.handleOnce([inboxEntry()], work);
  expect(await rows()).toHaveLength(1);
});

describe('deadLetter', () => {
  const letter = (changes: Partial<DeadLetter> = {}): DeadLetter => ({
    group: 'shop.stock',
    record: {
      topic: 'shop.stock.retry.5s',
      partition: 0,
      offset: 3n,
      key: Buffer.from([0xff, 1]),
      value: Buffer.from([0, 1, 2]),
      headers: { ce_id: Buffer.from('e-1'), odd: [Buffer.from([0xff, 0xfe]), Buffer.from('text')] },
      timestampMs: 5,
    },
    original: { topic: 'orders.v1', partition: 2, offset: 41n, timestampMs: 1_767_694_492_643 },
    eventId: 'e-1',
    source: 'ORDERS',
    eventType: 'ORDER_PLACED',
    reason: 'handler',
    attempts: 3,
    firstFailedAtMs: 1_000,
    lastFailedAtMs: 2_000,
    error: { class: 'TypeError', message: 'no \0 good', stack: 'é'.repeat(4_000) },
    replayCount: 0,
    ...changes,
  });
  const outboxRows = () =>
    database.query<{ topic: string; payload: Buffer; record_key: Buffer; headers: Record<string, string> }>(
      'SELECT topic, payload, record_key, headers FROM outbox ORDER BY seq',
    );

  it('is kept with its bytes and headers, and goes to the group’s topic with the story of the failure', async () => {
    let wakes = 0;
    await createInbox({ database, wake: () => (wakes += 1) }).deadLetter(letter());
    const [row] = await outboxRows();
    expect(row).toMatchObject({
      topic: 'shop.stock.dlq',
      payload: Buffer.from([0, 1, 2]),
      record_key: Buffer.from([0xff, 1]),
      headers: {
        ce_id: 'e-1',
        odd: [{ base64: '//4=' }, 'text'],
        'dlq-reason': 'handler',
        'dlq-original-topic': 'orders.v1',
        'dlq-original-partition': '2',
        'dlq-original-offset': '41',
        'dlq-original-timestamp': '2026-01-06T10:14:52.643Z',
        'dlq-consumer-group': 'shop.stock',
        'dlq-attempts': '3',
        'dlq-first-failed-at': '1970-01-01T00:00:01.000Z',
        'dlq-last-failed-at': '1970-01-01T00:00:02.000Z',
        'dlq-error-class': 'TypeError',
        'dlq-error-stack': 'é'.repeat(2_048),
        'dlq-replay-count': '0',
      },
    });
    const [stored] = await database.query('SELECT dlq_id, value, status, original_offset FROM dead_letters');
    expect(stored).toEqual({
      dlq_id: row?.headers['dlq-id'],
      value: Buffer.from([0, 1, 2]),
      status: 'waiting',
      original_offset: '41',
    });
    expect(wakes).toBe(1);
  });

  it('is one for one position, however often it is written', async () => {
    const inbox = createInbox({ database });
    await Promise.all([inbox.deadLetter(letter()), inbox.deadLetter(letter({ attempts: 4 })), inbox.deadLetter(letter())]);
    expect(await outboxRows()).toHaveLength(1);
    await inbox.deadLetter(letter({ original: { topic: 'orders.v1', partition: 2, offset: 42n, timestampMs: 0 } }));
    expect(await outboxRows()).toHaveLength(2);
  });

  it('waits anew when a replay of it failed', async () => {
    const inbox = createInbox({ database });
    await inbox.deadLetter(letter());
    await database.execute(`UPDATE dead_letters SET status = 'replayed', replay_count = 1, resolved_at = now()`);
    await inbox.deadLetter(letter());
    expect(await database.query('SELECT status FROM dead_letters')).toEqual([{ status: 'replayed' }]);
    await inbox.deadLetter(letter({ replayCount: 1 }));
    expect(await database.query('SELECT status, replay_count, resolved_at FROM dead_letters')).toEqual([
      { status: 'waiting', replay_count: 1, resolved_at: null },
    ]);
    expect(await outboxRows()).toHaveLength(2);
  });

  it.each<[string, Partial<DeadLetter>]>([
    ['an offset beyond 64 bits', { original: { topic: 'orders.v1', partition: 2, offset: 10n ** 30n, timestampMs: 0 } }],
    ['a topic with NUL', { original: { topic: 'orders\0', partition: 2, offset: 1n, timestampMs: 0 } }],
    ['a partition beyond 32 bits', { original: { topic: 'orders.v1', partition: 2 ** 40, offset: 1n, timestampMs: 0 } }],
  ])('stands at the record’s own position when the original has %s', async (_case, changes) => {
    await createInbox({ database }).deadLetter(letter(changes));
    expect(await database.query('SELECT original_topic, original_partition, original_offset FROM dead_letters')).toEqual([
      { original_topic: 'shop.stock.retry.5s', original_partition: 0, original_offset: '3' },
    ]);
  });

  it('can be made of every record', async () => {
    const odd = fc.string({ unit: fc.oneof(fc.constant('\0'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) });
    const text = fc.oneof(odd, fc.constantFrom('\ud800', '__proto__', 'base64:', 'x'.repeat(9_000)));
    const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
    const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e15, -1, Number.NaN));
    const inbox = createInbox({ database });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          eventId: text,
          source: text,
          eventType: fc.option(text, { nil: undefined }),
          attempts: number,
          replayCount: number,
          firstFailedAtMs: number,
          lastFailedAtMs: number,
          original: fc.record({ topic: text, partition: number, offset: fc.bigInt(), timestampMs: number }),
          error: fc.record({ class: text, message: text, stack: text }),
          headers: fc.dictionary(text, fc.oneof(bytes, fc.array(bytes))),
          timestampMs: number,
        }),
        async ({ headers, timestampMs, ...changes }) => {
          await database.execute('TRUNCATE dead_letters, outbox');
          await inbox.deadLetter(letter({ ...changes, record: { ...letter().record, headers, timestampMs } }));
          expect(await outboxRows()).toHaveLength(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('holds a record without key and value', async () => {
    const { record } = letter();
    await createInbox({ database }).deadLetter(letter({ record: { ...record, key: null, value: null }, eventType: undefined }));
    expect(await outboxRows()).toMatchObject([{ payload: null, record_key: null }]);
  });
});

describe('as every inbox', () => {
  inboxSuite<Transaction>({
    createInbox: () => createInbox({ database }),
    writeMark: async (tx, mark) => void (await tx.execute('INSERT INTO effects (id) VALUES ($1)', [mark])),
    readMarks: async () => (await database.query<{ id: string }>('SELECT id FROM effects')).map(({ id }) => id),
    readDeadLetterRows: () => database.query(`SELECT topic, headers->>'dlq-id' AS "dlqId" FROM outbox`),
  });
});
