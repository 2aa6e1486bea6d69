import { createKafkaDriver } from '@throughline/kafka';
import { createQueueView, type MessagingDriver, type OutgoingRecord, type QueueMembers } from '@throughline/messaging';
import { createQueueMembers, createRedis, type RedisConnection } from '@throughline/redis';
import { createLogger } from '@throughline/telemetry';
import { createRedisServer, type RedisServer, stackAddresses, testPrefix } from '@throughline/testing';

const PARTITIONS = 3;
const HOUR_MS = 3_600_000;
const logger = createLogger({ name: 'test', level: 'fatal' });
let driver: MessagingDriver;
let server: RedisServer;
let redis: RedisConnection;
let members: QueueMembers;

beforeAll(async () => {
  driver = createKafkaDriver({ brokers: [...stackAddresses().kafkaBrokers], clientId: 'queue-test', logger });
  server = await createRedisServer();
  await server.start();
  redis = createRedis({ url: server.url, logger });
  await redis.ping(5_000);
  members = createQueueMembers({ redis });
});
afterAll(async () => {
  await redis.close();
  await server.kill();
  await driver.close();
});

async function openQueue() {
  const group = testPrefix('queue');
  const topic = `${group}.orders`;
  const retries = { short: `${group}.retry.10m`, long: `${group}.retry.2h` };
  const replay = `${group}.replay`;
  const topics = [topic, replay, ...Object.values(retries)].map((name) => ({ topic: name, partitions: PARTITIONS }));
  await driver.ensureTopics(topics, { create: true });
  /** As somebody sees it who looks so much later. */
  const readLater = (laterMs = 0) => {
    const clock = { nowMs: () => Date.now() + laterMs };
    return createQueueView({ driver, group, topics: [topic], members, clock }).read();
  };
  return { group, topic, retries, replay, readLater };
}

/** Evenly to all partitions; resolves with the time of sending. */
async function send(topic: string, count: number): Promise<number> {
  const producer = await driver.createProducer({ name: 'queue-test' });
  const record = (): OutgoingRecord => ({ topic, key: null, value: Buffer.alloc(100), headers: {} });
  const atMs = Date.now();
  await producer.send(Array.from({ length: count }, record), { timeoutMs: 10_000 });
  await producer.close();
  return atMs;
}

/** What was sent so far to the first so many partitions is done. */
async function finish(group: string, topic: string, partitions = PARTITIONS): Promise<number> {
  const ends = (await driver.groups.endOffsets([topic])).filter(({ partition }) => partition < partitions);
  await driver.groups.setOffsets(group, ends);
  return ends.reduce((sum, { offset }) => sum + Number(offset), 0);
}

const isNear = (seconds: number, wantedMs: number) => Math.abs(seconds * 1_000 - wantedMs) <= wantedMs * 0.05 + 100;

it('counts what waits in a group that nobody ever joined, and what is done of it', async () => {
  const { group, topic, replay, readLater } = await openQueue();
  expect(await readLater()).toEqual({
    visible: 0,
    inFlight: 0,
    delayed: 0,
    oldestAgeSeconds: 0,
    deadLetters: null,
    members: 0,
  });
  await send(topic, 1_000);
  expect(await readLater()).toMatchObject({ visible: 1_000, inFlight: 0, delayed: 0, members: 0 });
  const done = await finish(group, topic, 1);
  expect(done).toBeGreaterThan(0);
  expect(await readLater()).toMatchObject({ visible: 1_000 - done });
  await finish(group, topic);
  await send(replay, 4);
  expect(await readLater()).toMatchObject({ visible: 4, inFlight: 0, delayed: 0 });
});

it('tells retries that are due from those that are not', async () => {
  const { topic, retries, readLater } = await openQueue();
  await send(topic, 10);
  await send(retries.short, 6);
  await send(retries.long, 9);
  expect(await readLater()).toMatchObject({ visible: 10, delayed: 15 });
  expect(await readLater(HOUR_MS)).toMatchObject({ visible: 16, delayed: 9 });
  expect(await readLater(3 * HOUR_MS)).toMatchObject({ visible: 25, delayed: 0 });
});

it.each([0, 30_000, HOUR_MS, 72 * HOUR_MS])('knows the age of the oldest within 5 % and 100 ms, %i ms later', async (laterMs) => {
  const { group, topic, retries, readLater } = await openQueue();
  const sentAtMs = await send(topic, 300);
  const before = await readLater(laterMs);
  expect(isNear(before.oldestAgeSeconds, Date.now() - sentAtMs + laterMs)).toBe(true);
  await finish(group, topic);
  expect(await readLater(laterMs)).toMatchObject({ oldestAgeSeconds: 0, visible: 0 });
  const failedAtMs = await send(retries.short, 1);
  const after = await readLater(laterMs);
  expect(isNear(after.oldestAgeSeconds, Date.now() - failedAtMs + laterMs)).toBe(true);
});

it('knows what members have in hand, unless Redis is away', async () => {
  const { group, topic, readLater } = await openQueue();
  await send(topic, 100);
  await members.tell(group, 'a', { inFlight: 10, finishedAhead: 5 });
  await members.tell(group, 'b', { inFlight: 20 });
  await members.tellDeadLetters(group, 7);
  expect(await readLater()).toMatchObject({ visible: 65, inFlight: 30, deadLetters: 7 });
  await members.leave(group, 'b');
  expect(await readLater()).toMatchObject({ visible: 85, inFlight: 10 });
  await server.kill();
  expect(await readLater()).toMatchObject({ visible: 100, inFlight: null, delayed: 0, deadLetters: null });
  await server.start();
  await redis.ping(10_000);
  expect(await readLater()).toMatchObject({ visible: 100, inFlight: 0 });
});
