import { randomUUID } from 'node:crypto';
import type { DeadLetter, OutcomeBatch } from '@throughline/messaging';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import { listAudit } from '../audit/audit-log.ts';
import { createDatabase } from '../database/create-database.ts';
import type { Database } from '../database/database.ts';
import { createInbox } from '../inbox/inbox.ts';
import { migrate } from '../migrate.ts';
import { findDeadLetter, listDeadLetters } from './dead-letter-rows.ts';
import type { Decision } from './decision.ts';
import { createDecisions } from './decisions.ts';
import { createReplayLedger } from './replay-ledger.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
const by = { operator: 'ann' };
let home: TestDatabase;
let database: Database;
let offset = 0n;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'decisions-test', logger, maxConnections: 12 });
  await migrate({ database, logger });
});
afterAll(async () => {
  await database.close();
  await home.drop();
});
beforeEach(() => database.execute('TRUNCATE dead_letters, outbox, audit_log, processed_events'));

function letterOf(changes: Partial<DeadLetter> = {}): DeadLetter {
  const eventId = randomUUID();
  offset += 1n;
  const record = {
    topic: 'things.v1',
    partition: 0,
    offset,
    key: Buffer.from('k'),
    value: Buffer.from([0xff, 0x00]),
    headers: { ce_id: Buffer.from(eventId), raw: Buffer.from([0xfe]) },
    timestampMs: 1_700_000_000_000,
  };
  return {
    group: 'g',
    record,
    original: record,
    eventId,
    source: 'S',
    eventType: 'T',
    reason: 'handler',
    attempts: 3,
    firstFailedAtMs: 1_700_000_000_000,
    lastFailedAtMs: 1_700_000_000_000,
    error: { class: 'Error', message: 'no', stack: '' },
    replayCount: 0,
    ...changes,
  };
}

/** Stores it and gives its id. */
async function store(letter: DeadLetter = letterOf()): Promise<string> {
  await createInbox({ database }).deadLetter(letter);
  const [row] = await listDeadLetters(database, { eventId: letter.eventId, limit: 1 });
  if (row === undefined) throw new Error('not stored');
  return row.dlqId;
}

const replayRows = () =>
  database.query<{ payload: Buffer; headers: Record<string, unknown>; record_key: Buffer }>(
    `SELECT payload, headers, record_key FROM outbox WHERE topic = 'g.replay'`,
  );

it('sends the original bytes and headers back, with where it was first read', async () => {
  const letter = letterOf();
  const dlqId = await store(letter);
  expect(await createDecisions({ database }).replay(dlqId, by)).toMatchObject({
    outcome: 'decided',
    state: 'replayed',
    letter: { replayCount: 1 },
  });
  const [row] = await replayRows();
  expect(row?.payload).toEqual(letter.record.value);
  expect(row?.record_key).toEqual(letter.record.key);
  expect(row?.headers).toEqual({
    ce_id: letter.eventId,
    raw: { base64: '/g==' },
    'dlq-id': dlqId,
    'dlq-original-topic': 'things.v1',
    'dlq-original-partition': '0',
    'dlq-original-offset': String(letter.original.offset),
    'dlq-original-timestamp': '2023-11-14T22:13:20.000Z',
    'dlq-replay-count': '1',
  });
});

it('leaves nothing of a decision whose transaction does not commit', async () => {
  const dlqId = await store();
  const told: OutcomeBatch[] = [];
  const decisions = createDecisions({ database, outcomes: { tell: (batch) => told.push(batch) } });
  const died = database.transaction(async (tx) => {
    await decisions.replayIn(tx, dlqId, by);
    throw new Error('killed');
  });
  await expect(died).rejects.toThrow('killed');
  expect(await findDeadLetter(database, dlqId)).toMatchObject({ state: 'waiting', replayCount: 0 });
  expect([await replayRows(), await listAudit(database, { limit: 1 }), told]).toEqual([[], [], []]);
});

it('lets one of many who decide at the same time decide', async () => {
  const dlqId = await store();
  const decisions = createDecisions({ database });
  const made = await Promise.all(
    Array.from({ length: 10 }, (_, index): Promise<Decision> => {
      return index % 2 === 0 ? decisions.replay(dlqId, by) : decisions.discard(dlqId, { ...by, reason: 'race' });
    }),
  );
  expect(made.filter(({ outcome }) => outcome === 'decided')).toHaveLength(1);
  expect(made.filter(({ outcome }) => outcome === 'refused')).toHaveLength(9);
  expect(await listAudit(database, { limit: 10 })).toHaveLength(1);
});

it('tells the outcome after the commit', async () => {
  const letter = letterOf();
  const dlqId = await store(letter);
  const told: OutcomeBatch[] = [];
  let wakes = 0;
  const decisions = createDecisions({ database, wake: () => (wakes += 1), outcomes: { tell: (batch) => told.push(batch) } });
  await decisions.discard(dlqId, { ...by, reason: 'of no use' });
  expect(told).toMatchObject([
    {
      group: 'g',
      topic: 'things.v1',
      events: [{ eventId: letter.eventId, outcome: 'discarded', detail: expect.stringContaining('ann: of no use') }],
    },
  ]);
  expect(wakes).toBe(1);
});

it('never brings back what was discarded', async () => {
  const letter = letterOf();
  await createDecisions({ database }).discard(await store(letter), { ...by, reason: 'of no use' });
  const inbox = createInbox({ database });
  const key = { group: 'g', source: 'S', id: letter.eventId };
  expect(await inbox.areHandled([key])).toEqual([true]);
});

it.each(['edit', 'discard'] as const)('has nothing left to %s when the event was handled meanwhile', async (verb) => {
  const letter = letterOf();
  const dlqId = await store(letter);
  // By a rewind, or a late delivery.
  const entry = { key: { group: 'g', source: 'S', id: letter.eventId }, record: letter.record, original: letter.original };
  await createInbox({ database }).handleOnce([{ ...entry, eventType: 'T' }], async () => {});
  const edited = { source: 'S', eventId: randomUUID(), eventType: 'T', value: Buffer.from('{}'), headers: {} };
  const decision = await createDecisions({ database })[verb](dlqId, { ...by, edited, reason: 'of no use' });
  expect(decision).toEqual({ outcome: 'refused', why: 'state', state: 'resolved', replayCount: 0 });
  expect(await findDeadLetter(database, dlqId)).toMatchObject({ state: 'resolved' });
  expect([await replayRows(), await listAudit(database, { limit: 1 })]).toEqual([[], []]);
});

it('resolves what was replayed, once it is handled, and nothing else', async () => {
  const [waiting, replayed, foreign] = [await store(), await store(), await store(letterOf({ group: 'other' }))];
  const decisions = createDecisions({ database });
  await decisions.replay(replayed, by);
  await decisions.replay(foreign, by);
  await createReplayLedger({ database }).resolve('g', [waiting, replayed, foreign, 'made up']);
  const states = await Promise.all([waiting, replayed, foreign].map(async (id) => (await findDeadLetter(database, id))?.state));
  expect(states).toEqual(['waiting', 'resolved', 'replayed']);
});

it('waits anew when the replay failed, not when an older try did', async () => {
  const letter = letterOf();
  const dlqId = await store(letter);
  await createDecisions({ database }).replay(dlqId, by);
  await createInbox({ database }).deadLetter(letter);
  expect(await findDeadLetter(database, dlqId)).toMatchObject({ state: 'replayed' });
  await createInbox({ database }).deadLetter({ ...letter, replayCount: 1, error: { ...letter.error, message: 'still no' } });
  expect(await findDeadLetter(database, dlqId)).toMatchObject({ state: 'waiting', replayCount: 1, errorMessage: 'still no' });
});

it('knows no dead letter of an unknown id', async () => {
  expect(await createDecisions({ database }).replay(randomUUID(), by)).toEqual({ outcome: 'not-found' });
});
