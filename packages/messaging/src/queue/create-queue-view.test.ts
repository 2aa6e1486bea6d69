import { createManualClock } from '../../test/manual-clock.ts';
import { createInMemoryDriver, type InMemoryDriver } from '../in-memory/in-memory-driver.ts';
import { createInMemoryQueueMembers, type InMemoryQueueMembers } from '../in-memory/in-memory-queue-members.ts';
import { createQueueView, type QueueView } from './create-queue-view.ts';
import type { QueueCounts } from './queue-counts.ts';

const GROUP = 'shop.worker';
const START_MS = Date.parse('2026-03-01T12:00:00Z');

let clock: ReturnType<typeof createManualClock>;
let driver: InMemoryDriver;
let members: InMemoryQueueMembers;
let view: QueueView;

beforeEach(async () => {
  clock = createManualClock(START_MS);
  driver = createInMemoryDriver({ clock });
  members = createInMemoryQueueMembers({ clock });
  const own = ['retry.1s', 'retry.1m', 'retry.soon', 'replay', 'dlq'].map((name) => `${GROUP}.${name}`);
  await driver.ensureTopics(
    ['shop.orders', 'shop.returns', 'else', ...own].map((topic) => ({ topic, partitions: 3 })),
    { create: true },
  );
  view = createQueueView({ driver, group: GROUP, topics: ['shop.orders', '*.returns', 'shop.missing'], members, clock });
});

async function send(topic: string, count: number): Promise<void> {
  const producer = await driver.createProducer({ name: 'test' });
  const record = { topic, key: null, value: Buffer.from('x'), headers: {} };
  await producer.send(
    Array.from({ length: count }, () => record),
    { timeoutMs: 1_000 },
  );
}

async function commit(topic: string, offset: bigint): Promise<void> {
  await driver.groups.setOffsets(
    GROUP,
    [0, 1, 2].map((partition) => ({ topic, partition, offset })),
  );
}

const EMPTY: QueueCounts = { visible: 0, inFlight: 0, delayed: 0, oldestAgeSeconds: 0, deadLetters: null, members: 0 };

it('is empty before anything was sent', async () => {
  expect(await view.read()).toEqual(EMPTY);
});

it('has all records of what the group reads, of its topics and patterns, of retries and replays, but no dead letters or others’', async () => {
  await send('shop.orders', 10);
  await send('shop.returns', 4);
  await send(`${GROUP}.replay`, 2);
  await send('else', 50);
  await send(`${GROUP}.dlq`, 50);
  await send(`${GROUP}.retry.soon`, 50);
  expect(await view.read()).toMatchObject({ visible: 16, inFlight: 0, delayed: 0 });
});

it('has those that are not committed', async () => {
  await send('shop.orders', 30);
  await commit('shop.orders', 4n);
  expect(await view.read()).toMatchObject({ visible: 18 });
});

it('counts retries as delayed until their delay is over', async () => {
  await send(`${GROUP}.retry.1m`, 6);
  await clock.advance(30_000);
  await send(`${GROUP}.retry.1m`, 3);
  await send(`${GROUP}.retry.1s`, 2);
  expect(await view.read()).toMatchObject({ visible: 0, delayed: 11 });
  await clock.advance(1_001);
  expect(await view.read()).toMatchObject({ visible: 2, delayed: 9 });
  await clock.advance(29_000);
  expect(await view.read()).toMatchObject({ visible: 8, delayed: 3 });
  await commit(`${GROUP}.retry.1m`, 2n);
  expect(await view.read()).toMatchObject({ visible: 2, delayed: 3 });
  await commit(`${GROUP}.retry.1m`, 3n);
  expect(await view.read()).toMatchObject({ visible: 2, delayed: 0 });
});

it('takes what members have in work from what is visible, and what they finished ahead of the commit from all', async () => {
  await send('shop.orders', 30);
  await members.tell(GROUP, 'a', { inFlight: 4 });
  await members.tell(GROUP, 'b', { inFlight: 3, finishedAhead: 10 });
  await members.tell('another', 'c', { inFlight: 100 });
  expect(await view.read()).toMatchObject({ visible: 13, inFlight: 7, delayed: 0 });
});

it('never shows more in work than there is, nor less than none', async () => {
  await send('shop.orders', 6);
  await members.tell(GROUP, 'a', { inFlight: 50, finishedAhead: 2 });
  expect(await view.read()).toMatchObject({ visible: 0, inFlight: 4 });
  await commit('shop.orders', 2n);
  expect(await view.read()).toMatchObject({ visible: 0, inFlight: 0 });
  await send(`${GROUP}.retry.1m`, 5);
  expect(await view.read()).toMatchObject({ visible: 0, inFlight: 0, delayed: 5 });
});

it('does not count a member that said nothing for 15 s', async () => {
  await send('shop.orders', 30);
  await members.tell(GROUP, 'a', { inFlight: 4 });
  await clock.advance(14_999);
  expect(await view.read()).toMatchObject({ visible: 26, inFlight: 4 });
  await clock.advance(1);
  expect(await view.read()).toMatchObject({ visible: 30, inFlight: 0 });
});

it('says what it does not know while the members’ store is away, and still counts', async () => {
  await send('shop.orders', 30);
  await members.tell(GROUP, 'a', { inFlight: 4 });
  await members.tellDeadLetters(GROUP, 3);
  members.isAvailable = false;
  expect(await view.read()).toMatchObject({ visible: 30, inFlight: null, deadLetters: null });
  members.isAvailable = true;
  expect(await view.read()).toMatchObject({ visible: 26, inFlight: 4, deadLetters: 3 });
});

it('shows dead letters for as long as nobody says otherwise, and the group’s members', async () => {
  await members.tellDeadLetters(GROUP, 3);
  const member = await driver.consume({ group: GROUP, topics: ['shop.orders'], handle: async () => [] });
  expect(await view.read()).toEqual({ ...EMPTY, deadLetters: 3, members: 1 });
  await member.stop();
  await clock.advance(3_600_000);
  await members.tellDeadLetters(GROUP, 0);
  expect(await view.read()).toEqual({ ...EMPTY, deadLetters: 0 });
});

it('shows the age of the oldest record that is not committed, wherever it is', async () => {
  await send('shop.orders', 3);
  await clock.advance(40_000);
  await send(`${GROUP}.retry.1s`, 1);
  await clock.advance(20_000);
  const isNear = (seconds: number, wanted: number) => Math.abs(seconds - wanted) <= wanted * 0.05 + 0.1;
  expect(isNear((await view.read()).oldestAgeSeconds, 60)).toBe(true);
  await commit('shop.orders', 1n);
  expect(isNear((await view.read()).oldestAgeSeconds, 20)).toBe(true);
  await commit(`${GROUP}.retry.1s`, 1n);
  expect((await view.read()).oldestAgeSeconds).toBe(0);
});
