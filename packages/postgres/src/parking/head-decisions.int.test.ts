import { createLogger } from '@throughline/telemetry';
import {
  createTestDatabase,
  deadLetterFor,
  inboxEntry,
  parkedFailure,
  type TestDatabase,
  takeOne,
  testPrefix,
} from '@throughline/testing';
import { createDatabase } from '../database/create-database.ts';
import type { Database, Transaction } from '../database/database.ts';
import { createInbox } from '../inbox/inbox.ts';
import { migrate } from '../migrate.ts';
import { discardHead, makeHeadDue, replaceHead } from './head-decisions.ts';
import { createParkingLot } from './parking-lot.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'head-decisions-test', logger });
  await migrate({ database, logger });
});

afterAll(async () => {
  await database.close();
  await home.drop();
});

const stores = () => ({ inbox: createInbox({ database }), lot: createParkingLot({ database }) });
const newGroup = () => testPrefix('group');

describe('a decision about a dead head', () => {
  /** A key with a dead head and one behind it. */
  const deadKey = async () => {
    const { inbox, lot } = stores();
    const group = newGroup();
    const [head, behind] = [inboxEntry({ group, key: 'k', offset: 1 }), inboxEntry({ group, key: 'k', offset: 2 })];
    await lot.park(head, parkedFailure({ attempts: 5, nextAttemptAtMs: undefined, letter: deadLetterFor(head) }));
    await inbox.handleOnce([behind], async () => {});
    return { inbox, lot, group, head, behind, dlqId: (await letters(group))[0]?.dlq_id ?? '' };
  };
  const letters = (group: string) =>
    database.query<{ dlq_id: string; status: string; replay_count: number; event_id: string }>(
      'SELECT dlq_id, status, replay_count, event_id FROM dead_letters WHERE consumer_group = $1 ORDER BY created_at',
      [group],
    );
  const decide = (dlqId: string, status: string, decision: (tx: Transaction) => Promise<string>) =>
    database.transaction(async (tx) => {
      await tx.execute('UPDATE dead_letters SET status = $2, replay_count = replay_count + 1 WHERE dlq_id = $1', [dlqId, status]);
      return decision(tx);
    });
  const replay = (dlqId: string) => decide(dlqId, 'replayed', (tx) => makeHeadDue(tx, dlqId));

  it('replay: it is due with no attempts, in its place, and resolved with its effect', async () => {
    const { lot, group, head, behind, dlqId } = await deadKey();
    expect(await replay(dlqId)).toBe('decided');
    expect(await lot.counts(group)).toEqual({ blockedKeys: 1, deadKeys: 0, parkedRecords: 2 });
    const taken = await takeOne(lot, group);
    expect(taken).toMatchObject({ attempts: 1, entry: { key: head.key } });
    const failing = lot.release(taken, () => Promise.reject(new Error('again')));
    await expect(failing).rejects.toThrow('again');
    expect(await letters(group)).toMatchObject([{ status: 'replayed' }]);
    const { next } = await lot.release(taken, async () => {});
    expect(next?.entry.key).toEqual(behind.key);
    expect(await letters(group)).toMatchObject([{ status: 'resolved' }]);
  });

  it('replay: it waits again when its tries are used up again, as the same dead letter', async () => {
    const { lot, group, head, dlqId } = await deadKey();
    await replay(dlqId);
    const failure = parkedFailure({ attempts: 5, nextAttemptAtMs: undefined, letter: deadLetterFor(head) });
    await lot.postpone(await takeOne(lot, group), failure);
    expect(await letters(group)).toMatchObject([{ dlq_id: dlqId, status: 'waiting', replay_count: 1 }]);
    expect(await lot.counts(group)).toMatchObject({ deadKeys: 1 });
    expect(await replay(dlqId)).toBe('decided');
  });

  it('edit: another record is in its place, with an identity and, should it die, a dead letter of its own', async () => {
    const { inbox, lot, group, head, dlqId } = await deadKey();
    const eventId = testPrefix('event');
    const record = { value: Buffer.from('better'), headers: { ce_id: Buffer.from(eventId) } };
    const edited = { ...record, source: 'A_SOURCE', eventId, eventType: 'ORDER_PLACED' };
    expect(await decide(dlqId, 'edited', (tx) => replaceHead(tx, dlqId, edited))).toBe('decided');
    const taken = await takeOne(lot, group);
    expect(taken).toMatchObject({ attempts: 1, waiting: 1 });
    const key = { ...head.key, id: eventId };
    expect(taken.entry).toEqual({ ...head, key, record: { ...head.record, ...record } });
    expect(await inbox.handleOnce([{ ...head, key }, head], async () => {})).toEqual(['duplicate', 'duplicate']);
    const letter = deadLetterFor(taken.entry);
    await lot.postpone(taken, parkedFailure({ nextAttemptAtMs: undefined, letter }));
    const [original, own] = await letters(group);
    expect([original, own]).toMatchObject([
      { status: 'edited', event_id: head.key.id },
      { status: 'waiting', event_id: eventId },
    ]);
    expect(await decide(own?.dlq_id ?? '', 'discarded', (tx) => discardHead(tx, own?.dlq_id ?? ''))).toBe('decided');
    expect(await lot.counts(group)).toEqual({ blockedKeys: 1, deadKeys: 0, parkedRecords: 1 });
  });

  it('discard: the next goes on, and after the last the key is free', async () => {
    const { inbox, lot, group, head, behind, dlqId } = await deadKey();
    expect(await decide(dlqId, 'discarded', (tx) => discardHead(tx, dlqId))).toBe('decided');
    const next = await takeOne(lot, group);
    expect(next).toMatchObject({ attempts: 1, waiting: 0, entry: { key: behind.key } });
    await lot.postpone(next, parkedFailure({ nextAttemptAtMs: undefined, letter: deadLetterFor(behind) }));
    const last = (await letters(group))[1]?.dlq_id ?? '';
    expect(await decide(last, 'discarded', (tx) => discardHead(tx, last))).toBe('decided');
    expect(await lot.counts(group)).toMatchObject({ blockedKeys: 0 });
    expect(await inbox.handleOnce([inboxEntry({ group, key: 'k' }), head], async () => {})).toEqual(['handled', 'duplicate']);
  });

  it('is refused when nothing waits for one, and undone with its transaction', async () => {
    const { lot, group, dlqId } = await deadKey();
    const undone = database.transaction(async (tx) => {
      await discardHead(tx, dlqId);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await lot.counts(group)).toMatchObject({ deadKeys: 1, parkedRecords: 2 });
    await replay(dlqId);
    const edited = { source: 's', eventId: 'e', eventType: undefined, value: null, headers: {} };
    const decisions = [makeHeadDue, discardHead, (tx: Transaction, id: string) => replaceHead(tx, id, edited)];
    for (const decision of decisions) {
      expect(await database.transaction((tx) => decision(tx, dlqId))).toBe('not-parked');
    }
  });

  it('makes who took the head before it come too late', async () => {
    const { lot } = stores();
    const group = newGroup();
    const head = inboxEntry({ group, key: 'k' });
    await lot.park(head, parkedFailure());
    const former = await takeOne(lot, group);
    await lot.postpone(former, parkedFailure({ nextAttemptAtMs: undefined, letter: deadLetterFor(head) }));
    await replay((await letters(group))[0]?.dlq_id ?? '');
    expect((await lot.release(former, () => Promise.reject(new Error('called')))).outcome).toBe('gone');
    await takeOne(lot, group);
  });
});
