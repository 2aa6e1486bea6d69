import type { InboxEntry, ParkedHead } from '@throughline/messaging';
import { createLogger } from '@throughline/telemetry';
import {
  createTestDatabase,
  inboxEntry,
  parkedFailure,
  parkingLotSuite,
  type TestDatabase,
  takeOne,
  testPrefix,
  waitFor,
} from '@throughline/testing';
import { createDatabase } from '../database/create-database.ts';
import type { Database, Transaction } from '../database/database.ts';
import { createInbox } from '../inbox/inbox.ts';
import { migrate } from '../migrate.ts';
import { findParked } from './find-parked.ts';
import { createParkingLot } from './parking-lot.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'parking-test', logger });
  await migrate({ database, logger });
  await database.execute('CREATE TABLE effects (place bigint GENERATED ALWAYS AS IDENTITY, id text)');
});

afterAll(async () => {
  await database.close();
  await home.drop();
});

const stores = () => ({ inbox: createInbox({ database }), lot: createParkingLot({ database }) });
const mark = async (tx: Transaction, entry: InboxEntry) =>
  void (await tx.execute('INSERT INTO effects (id) VALUES ($1)', [entry.key.id]));
const marks = async () => (await database.query<{ id: string }>('SELECT id FROM effects ORDER BY place')).map(({ id }) => id);
const newGroup = () => testPrefix('group');
const waitingSessions = (count: number) =>
  waitFor(
    async () =>
      (await database.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1`, [home.name]))
        .length === count,
    { description: `${count} sessions to wait for locks`, intervalMs: 5 },
  );

describe('as every parking lot', () => {
  parkingLotSuite<Transaction>({
    createStores: (bounds = {}) => ({
      inbox: createInbox({ database, parkingBounds: bounds }),
      lot: createParkingLot({ database, bounds }),
    }),
    writeMark: async (tx, id) => void (await tx.execute('INSERT INTO effects (id) VALUES ($1)', [id])),
    readMarks: marks,
    readDeadLetterRows: () => database.query(`SELECT topic, headers->>'dlq-id' AS "dlqId" FROM outbox`),
  });
});

describe('overtaking', () => {
  it('is impossible while the former owner is still parking: the new one waits, finds the block and parks too', async () => {
    const { inbox, lot } = stores();
    const group = newGroup();
    const [first, second] = [inboxEntry({ group, key: 'k' }), inboxEntry({ group, key: 'k' })];
    const work = () => Promise.reject(new Error('overtaken'));
    let parking: Promise<string> | undefined;
    let handling: Promise<readonly string[]> | undefined;
    await database.transaction(async (tx) => {
      // The parking transaction has recorded the event and stops before the block is there.
      await tx.execute('LOCK TABLE parked_keys IN EXCLUSIVE MODE');
      parking = lot.park(first, parkedFailure());
      await waitingSessions(1);
      handling = inbox.handleOnce([first, second], work);
      await waitingSessions(2);
    });
    expect([await parking, await handling]).toEqual(['parked', ['duplicate', 'parked']]);
    expect(await lot.counts(group)).toMatchObject({ parkedRecords: 2 });
  });

  it('is impossible while a release is under way: what arrives waits for its end', async () => {
    const { inbox, lot } = stores();
    const group = newGroup();
    const [first, second, third] = [1, 2, 3].map(() => inboxEntry({ group, key: 'k' })) as [InboxEntry, InboxEntry, InboxEntry];
    await lot.park(first, parkedFailure());
    await inbox.handleOnce([second], async () => {});
    let arriving: Promise<readonly string[]> | undefined;
    await lot.release(await takeOne(lot, group), async (tx) => {
      arriving = inbox.handleOnce([third], (other) => mark(other, third));
      await waitingSessions(1);
      await mark(tx, first);
    });
    expect(await arriving).toEqual(['parked']);
    expect(await lot.counts(group)).toMatchObject({ parkedRecords: 2 });
  });

  it.each(['before', 'while'])(
    'is impossible where a head taken %s others are parked is released: that waits, and then sees them',
    async (when) => {
      const { inbox, lot } = stores();
      const group = newGroup();
      const [first, second] = [inboxEntry({ group, key: 'k' }), inboxEntry({ group, key: 'k' })];
      await lot.park(first, parkedFailure());
      let head = when === 'before' ? await takeOne(lot, group) : undefined;
      let releasing: ReturnType<typeof lot.release> | undefined;
      const outcomes = await inbox.handleOnce([second, inboxEntry({ group, key: 'free' })], async () => {
        head ??= await takeOne(lot, group);
        releasing = lot.release(head, (tx) => mark(tx, first));
        await waitingSessions(1);
      });
      expect(outcomes).toEqual(['parked', 'handled']);
      expect(await releasing).toMatchObject({ outcome: 'released', next: { entry: { key: second.key } } });
    },
  );

  it('takes no try from a head whose key is held for longer than a lock is waited for', async () => {
    const { lot } = stores();
    const group = newGroup();
    await lot.park(inboxEntry({ group, key: 'k' }), parkedFailure());
    const head = await takeOne(lot, group);
    const hasty = createDatabase({ connectionString: home.url, applicationName: 'hasty', logger, lockTimeoutMs: 50 });
    await database.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM parked_keys WHERE consumer_group = $1 FOR KEY SHARE', [group]);
      await expect(createParkingLot({ database: hasty }).release(head, async () => {})).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        retryable: true,
      });
    });
    await hasty.close();
    expect(await lot.release(head, async () => {})).toMatchObject({ outcome: 'released' });
  });

  it('is impossible for an event whose time as processed is over while it is parked', async () => {
    const { inbox, lot } = stores();
    const group = newGroup();
    const [first, second] = [inboxEntry({ group, key: 'k' }), inboxEntry({ group, key: 'k' })];
    await lot.park(first, parkedFailure());
    await inbox.handleOnce([second], async () => {});
    await database.execute('DELETE FROM processed_events WHERE consumer_group = $1', [group]);
    expect(await inbox.handleOnce([first, second], () => Promise.reject(new Error('called')))).toEqual([
      'duplicate',
      'duplicate',
    ]);
    await database.execute('DELETE FROM processed_events WHERE consumer_group = $1', [group]);
    expect(await lot.park(first, parkedFailure())).toBe('duplicate');
    const { next } = await lot.release(await takeOne(lot, group), (tx) => mark(tx, first));
    await lot.release(next as ParkedHead, (tx) => mark(tx, second));
    expect(await inbox.handleOnce([first, second], () => Promise.reject(new Error('called')))).toEqual([
      'duplicate',
      'duplicate',
    ]);
    expect((await marks()).filter((id) => [first.key.id, second.key.id].includes(id))).toEqual([first.key.id, second.key.id]);
  });
});

describe('what is parked', () => {
  it.each<[string, Partial<InboxEntry['record']>, Partial<InboxEntry['key']>]>([
    ['an id that Postgres cannot hold', {}, { id: 'a\0b', source: 'x'.repeat(5_000) }],
    ['a key too long for an index', { key: Buffer.alloc(5_000, 1) }, {}],
    ['bytes that are not text', { key: Buffer.from([0, 0xff]), value: Buffer.from([0, 0xff, 0xfe]) }, {}],
    ['neither value nor headers', { value: null, headers: {} }, {}],
    ['no timestamp', { timestampMs: -1 }, {}],
  ])('comes back whole: %s', async (_case, record, key) => {
    const { inbox, lot } = stores();
    const group = newGroup();
    const plain = inboxEntry({ group, key: 'k' });
    const given: InboxEntry = {
      ...plain,
      key: { ...plain.key, ...key },
      record: { ...plain.record, ...record },
      parksBehind: { topic: 'orders.v1', key: record.key ?? Buffer.from('k') },
      eventType: undefined,
    };
    await lot.park(given, parkedFailure());
    const behind = { ...given, key: { ...given.key, id: 'b\0' } };
    expect(await inbox.handleOnce([behind], async () => {})).toEqual(['parked']);
    const head = await takeOne(lot, group);
    expect(head.entry).toEqual(given);
    expect((await lot.release(head, async () => {})).next?.entry).toEqual(behind);
  });

  it.each([-1, 1])('is due after the same time when this clock is %p hours from the database’s', async (hours) => {
    const nowMs = Date.now() + hours * 3_600_000;
    const lot = createParkingLot({ database, clock: { nowMs: () => nowMs } });
    const group = newGroup();
    await lot.park(inboxEntry({ group, key: 'k' }), parkedFailure({ nextAttemptAtMs: nowMs - 1 }));
    const head = await takeOne(lot, group);
    await lot.postpone(head, parkedFailure({ attempts: head.attempts, nextAttemptAtMs: nowMs + 30_000 }));
    expect(await lot.nextDueAtMs(group)).toBeCloseTo(nowMs + 30_000, -3);
    await lot.giveBack(head, nowMs - 1);
    expect(await takeOne(lot, group)).toMatchObject({ attempts: head.attempts });
  });

  it('can be found by the id of the event', async () => {
    const { inbox, lot } = stores();
    const group = newGroup();
    const [first, second] = [inboxEntry({ group, key: 'k' }), inboxEntry({ group, key: 'k' })];
    const nextAttemptAtMs = Date.now() + 1_000;
    await lot.park(first, parkedFailure({ attempts: 2, nextAttemptAtMs }));
    await inbox.handleOnce([second], async () => {});
    const place = { group, source: 'A_SOURCE', topic: 'orders.v1', key: Buffer.from('k'), dlqId: null };
    const due = expect.any(Date);
    expect(await findParked(database, first.key.id)).toEqual([{ ...place, place: 0, attempts: 2, nextAttemptAt: due }]);
    expect(await findParked(database, second.key.id)).toEqual([{ ...place, place: 1, attempts: 0, nextAttemptAt: null }]);
    expect(await findParked(database, 'unknown')).toEqual([]);
  });
});
