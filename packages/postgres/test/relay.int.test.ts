import { EventError } from '@throughline/events';
import { createMetrics, METRICS } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import { discardFailed, listUnsent, replayFailed } from '../src/outbox/failed-rows.ts';
import { AnswerLost } from './fake-broker.ts';
import { createRelayTestBed, message, outbox, type RelayTestBed } from './relay-test-bed.ts';

let bed: RelayTestBed;

beforeAll(async () => {
  bed = await createRelayTestBed();
});
afterAll(() => bed.close());
beforeEach(() => bed.reset());
afterEach(() => bed.stopRelays());

it('sends what is there and what comes, with key, value and headers', async () => {
  const first = await bed.insert(message('a'), message('b'));
  const relay = await bed.startRelay({ maxPollMs: 60_000 });
  await bed.untilSent(2);
  const second = await bed.insert(message('a'), message('b'));
  relay.wake();
  await bed.untilSent(4);
  expect(bed.broker.firstOccurrences('a')).toEqual([first[0], second[0]]);
  expect(bed.broker.firstOccurrences('b')).toEqual([first[1], second[1]]);
});

it('finds rows that nobody woke it for', async () => {
  await bed.startRelay();
  await bed.insert(message('a'));
  await bed.untilSent(1);
});

it('keeps the order of each key and loses nothing while sends fail and answers get lost', async () => {
  const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
  const expected = new Map<string, string[]>(keys.map((key) => [key, []]));
  let seed = 7;
  const chance = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  bed.broker.fault = () => {
    const roll = chance();
    if (roll < 0.15) throw new EventError('SEND_FAILED', 'not now', { retryable: true });
    if (roll < 0.3) throw new AnswerLost();
    if (roll < 0.4) throw new EventError('RECORD_REJECTED', 'not this time');
  };
  await bed.startRelay({ maxBatchRows: 50, maxAttempts: 1_000, random: () => 0, retryDelayMs: 1 });
  for (let round = 0; round < 20; round += 1) {
    const messages = keys.map((key) => message(key));
    const ids = await bed.insert(...messages);
    for (const [index, key] of keys.entries()) expected.get(key)?.push(ids[index] ?? '');
  }
  await waitFor(async () => (await bed.countByStatus(1)) === 800, { description: 'everything sent', timeoutMs: 60_000 });
  for (const [key, ids] of expected) expect(bed.broker.firstOccurrences(key)).toEqual(ids);
}, 70_000);

it('sends a row whose transaction commits after rows with higher numbers were sent', async () => {
  await bed.startRelay();
  const late = message('a');
  await bed.database.transaction(async (tx) => {
    await outbox.insert(tx, [late]);
    await bed.insert(message('b'), message('c'));
    await bed.untilSent(2);
  });
  await bed.untilSent(3);
  expect(bed.broker.firstOccurrences('a')).toEqual([late.id]);
});

it('halves a batch until the refused record is alone, and lets the keys beside it go', async () => {
  const messages = Array.from({ length: 100 }, (_, index) => message(`key-${index}`));
  const bad = message('key-7');
  const behind = message('key-7');
  bed.refuse(bad.id);
  await bed.insert(...messages, bad, behind);
  await bed.startRelay({ maxAttempts: 3 });
  await bed.untilSent(100);
  await waitFor(async () => (await bed.countByStatus(3)) === 1, { description: 'the failed row' });
  expect(bed.broker.firstOccurrences('key-7')).toEqual([messages[7]?.id]);
  expect(await listUnsent(bed.database)).toMatchObject([{ eventId: bad.id, attempts: 3, lastError: 'no', aggregateId: 'key-7' }]);
});

it.each([
  ['is replayed', true],
  ['is discarded', false],
])('holds what comes later behind a failed row until it %s', async (_, isReplayed) => {
  const bad = message('a');
  bed.refuse(bad.id);
  const relay = await bed.startRelay({ maxAttempts: 2 });
  await bed.insert(bad);
  await waitFor(async () => (await bed.countByStatus(3)) === 1, { description: 'the failed row' });
  const behind = await bed.insert(message('a'), message('a'), message('a'));
  await bed.insert(message('b'));
  relay.wake();
  await bed.untilSent(1);
  await waitFor(async () => (await listUnsent(bed.database))[0]?.waitingRows === 3, { description: 'rows to be set waiting' });
  expect(bed.broker.firstOccurrences('a')).toEqual([]);

  bed.broker.fault = () => {};
  const by = { operator: 'test', reason: 'test' };
  const decide = (id: string) => (isReplayed ? replayFailed : discardFailed)(bed.database, id, by);
  expect(await decide(bad.id)).toBe('decided');
  const later = await bed.insert(message('a'));
  await bed.untilSent(isReplayed ? 6 : 5);
  expect(bed.broker.firstOccurrences('a')).toEqual([...(isReplayed ? [bad.id] : []), ...behind, ...later]);
  await waitFor(async () => (await bed.database.query('SELECT 1 FROM outbox_blocked_keys')).length === 0, {
    description: 'the block to go',
  });
  expect(await decide(bad.id)).toBe('not-failed');
});

it('tries a refused row again, and sends what waits behind it afterwards', async () => {
  const bad = message('a');
  let refusals = 0;
  bed.broker.fault = (records) => {
    if (records.some(({ id }) => id === bad.id) && refusals < 2) {
      refusals += 1;
      throw new EventError('RECORD_TOO_LARGE', 'no');
    }
  };
  const behind = message('a');
  await bed.insert(bad, behind);
  await bed.startRelay();
  await bed.untilSent(2);
  expect(bed.broker.firstOccurrences('a')).toEqual([bad.id, behind.id]);
});

it('never makes a row failed because the broker is away or a topic is missing, and lets other topics go', async () => {
  let isMissing = true;
  bed.broker.fault = (records) => {
    if (isMissing && records.some(({ topic }) => topic === 'missing.v1'))
      throw new EventError('TOPIC_MISSING', 'missing.v1', { retryable: true });
  };
  const held = [message('a', { topic: 'missing.v1' }), message('a', { topic: 'missing.v1' })];
  await bed.insert(...held, message('b'), message('c'));
  await bed.startRelay({ maxAttempts: 1 });
  await bed.untilSent(2);
  const sendsBefore = bed.broker.sends;
  await waitFor(() => bed.broker.sends > sendsBefore + 3, { description: 'further tries' });
  expect(await bed.countByStatus(3)).toBe(0);
  isMissing = false;
  await bed.untilSent(4);
  expect(bed.broker.firstOccurrences('a')).toEqual(held.map(({ id }) => id));

  let isAway = true;
  bed.broker.fault = () => {
    if (isAway) throw new EventError('SEND_FAILED', 'away', { retryable: true });
  };
  await bed.insert(message('d'));
  const before = bed.broker.sends;
  await waitFor(() => bed.broker.sends > before + 2, { description: 'tries without a broker' });
  expect(await bed.countByStatus(3)).toBe(0);
  isAway = false;
  await bed.untilSent(5);
});

it('keeps one key’s rows for two topics in order, one send after the other', async () => {
  const batches: string[][] = [];
  bed.broker.fault = (records) => void batches.push(records.map(({ topic }) => topic));
  const messages = ['one', 'one', 'two', 'one'].map((topic) => message('a', { topic }));
  const ids = await bed.insert(...messages);
  await bed.startRelay();
  await bed.untilSent(4);
  expect(bed.broker.firstOccurrences('a')).toEqual(ids);
  expect(batches).toEqual([['one', 'one'], ['two'], ['one']]);
});

it.each([
  ['values', { payload: Buffer.alloc(400) }],
  ['headers', { headers: { ce_id: 'x', note: 'y'.repeat(400) } }],
])('bounds a batch by the bytes of %s', async (_case, changes) => {
  const batches: number[] = [];
  bed.broker.fault = (records) => void batches.push(records.length);
  await bed.insert(...Array.from({ length: 10 }, () => message('a', changes)));
  await bed.startRelay({ maxBatchBytes: 1_000 });
  await bed.untilSent(10);
  expect(Math.max(...batches)).toBe(2);
});

it('bounds a batch of heads that are tried again', async () => {
  const batches: number[] = [];
  bed.broker.fault = () => {
    throw new EventError('RECORD_REJECTED', 'no');
  };
  const big = { payload: Buffer.alloc(400) };
  await bed.insert(...Array.from({ length: 6 }, (_, index) => message(`key-${index}`, big)));
  const relay = await bed.startRelay({ retryDelayMs: 100, maxAttempts: 100 });
  await waitFor(async () => (await bed.countByStatus(2)) === 6, { description: 'six blocked heads' });
  await relay.stop();
  bed.broker.fault = (records) => void batches.push(records.length);
  await bed.startRelay({ maxBatchBytes: 1_000 });
  await bed.untilSent(6);
  expect(Math.max(...batches)).toBeLessThanOrEqual(2);
});

it('keeps credentials out of what it notes about a refusal', async () => {
  const bad = message('a');
  bed.broker.fault = () => {
    throw new EventError('RECORD_REJECTED', 'no\0 from kafka://app:hunter2@broker');
  };
  await bed.insert(bad);
  await bed.startRelay({ maxAttempts: 1 });
  await waitFor(async () => (await listUnsent(bed.database)).length === 1, { description: 'the failed row' });
  const [failed] = await listUnsent(bed.database);
  expect(failed?.lastError).toContain('no\uFFFD from kafka://');
  expect(failed?.lastError).not.toContain('hunter2');
});

it('renews its leases while the backlog is being counted, and outlives a count that fails', async () => {
  const sql: string[] = [];
  let counted: (error: Error) => void = () => {};
  const isCount = (text: string) => text.includes('FROM outbox_blocked_keys WHERE state');
  const query = <Row>(text: string, ...rest: unknown[]): Promise<Row[]> => {
    sql.push(text);
    if (isCount(text))
      return new Promise((_, reject) => {
        counted = reject;
      });
    return bed.database.query<Row>(text, ...(rest as []));
  };
  const relay = await bed.startRelay({ database: { ...bed.database, query } });
  const renewals = () => sql.filter((text) => text.includes('UPDATE outbox_shard_leases SET expires_at')).length;
  await waitFor(() => renewals() >= 3, { description: 'renewals beside the count' });
  expect(sql.filter(isCount)).toHaveLength(1);
  counted(new Error('too long'));
  const before = renewals();
  await waitFor(() => renewals() >= before + 2, { description: 'renewals after it' });
  expect(sql.filter(isCount)).toHaveLength(1);
  expect(relay.stats().shardsOwned).toBe(64);
});

it('says how much waits, for how long, and how many keys are failed', async () => {
  const bad = message('a');
  bed.refuse(bad.id);
  await bed.insert(bad, message('a'));
  const first = await bed.startRelay({ maxAttempts: 1 });
  await waitFor(async () => (await bed.countByStatus(3)) === 1, { description: 'the failed row' });
  await first.stop();
  const metrics = createMetrics({ service: 'test' });
  await bed.startRelay({ metrics });
  const value = async (metric: { get(): Promise<{ values: { value: number }[] }> }) => (await metric.get()).values[0]?.value;
  await waitFor(async () => (await value(metrics.gauge(METRICS.outboxUnsentRows))) === 2, { description: 'the count' });
  expect(await value(metrics.gauge(METRICS.outboxFailedKeys))).toBe(1);
  expect(await value(metrics.gauge(METRICS.outboxOldestUnsentSeconds))).toBeGreaterThan(0);
  expect(await value(metrics.gauge(METRICS.outboxShardsOwned))).toBe(64);
});
