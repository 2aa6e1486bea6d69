import type { MessagingDriver } from '@throughline/messaging';
import { driverChunkSuite } from './driver-chunk-suite.ts';
import { driverConsumerSuite, type Stage } from './driver-consumer-suite.ts';
import { driverGroupsSuite } from './driver-groups-suite.ts';
import { collecting, numbered, one, textOf } from './numbered-records.ts';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

/** What the suite needs of an implementation. */
export interface DriverSuite {
  readonly createDriver: () => MessagingDriver;
}

const TIMEOUT_MS = 10_000;

/** What every MessagingDriver promises. Call it inside a `describe`; it makes the tests. */
export function driverSuite({ createDriver }: DriverSuite): void {
  let driver: MessagingDriver;
  beforeEach(() => {
    driver = createDriver();
  });
  afterEach(() => driver.close());

  const setUp = async (partitions = 3): Promise<Stage> => {
    const topic = testPrefix('things');
    const group = testPrefix('group');
    await driver.ensureTopics([{ topic, partitions }], { create: true });
    const producer = await driver.createProducer({ name: 'test' });
    return {
      driver,
      topic,
      group,
      send: async (records) => {
        const complete = records.map((record) => ({ topic, key: null, value: Buffer.from('x'), headers: {}, ...record }));
        await producer.send(complete, { timeoutMs: TIMEOUT_MS });
      },
      consume: (options) => driver.consume({ group, topics: [topic], ...options }),
    };
  };

  describe('topics', () => {
    it('creates what is missing and leaves alone what is there', async () => {
      const { topic } = await setUp(2);
      const other = testPrefix('other');
      await driver.ensureTopics([{ topic, partitions: 5 }, { topic: other }], { create: true });
      expect(await driver.listTopics()).toEqual(expect.arrayContaining([topic, other]));
      const producer = await driver.createProducer({ name: 'test' });
      const positions = await producer.send(numbered(topic, 40), { timeoutMs: TIMEOUT_MS });
      expect(Math.max(...positions.map(({ partition }) => partition))).toBe(1);
    });

    it('names every missing topic when it must not create them', async () => {
      const missing = [testPrefix('no'), testPrefix('neither')];
      const ensured = driver.ensureTopics(
        missing.map((topic) => ({ topic })),
        { create: false },
      );
      await expect(ensured).rejects.toMatchObject({ code: 'TOPIC_MISSING', retryable: true });
      await expect(ensured).rejects.toThrow(missing.join(', '));
    });

    it('refuses to send to and to read from a topic that does not exist', async () => {
      const missing = testPrefix('missing');
      const producer = await driver.createProducer({ name: 'test' });
      const sent = producer.send(numbered(missing, 1), { timeoutMs: TIMEOUT_MS });
      await expect(sent).rejects.toMatchObject({ code: 'TOPIC_MISSING', retryable: true });
      const consumed = driver.consume({ group: testPrefix('group'), topics: [missing], handle: async () => [] });
      await expect(consumed).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
      expect(await driver.listTopics()).not.toContain(missing);
    });

    it('counts partitions', async () => {
      const { topic } = await setUp(4);
      expect(await driver.partitionCount(topic)).toBe(4);
      await expect(driver.partitionCount(testPrefix('missing'))).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    });

    it('answers a ping', async () => {
      await expect(driver.ping(TIMEOUT_MS)).resolves.toBeUndefined();
    });
  });

  describe('a producer', () => {
    it('says where each record came to lie, keys staying together', async () => {
      const { topic } = await setUp();
      const producer = await driver.createProducer({ name: 'test' });
      const first = await producer.send(numbered(topic, 30), { timeoutMs: TIMEOUT_MS });
      const second = await producer.send(numbered(topic, 30), { timeoutMs: TIMEOUT_MS });
      expect(second.map(({ partition }) => partition)).toEqual(first.map(({ partition }) => partition));
      const all = [...first, ...second];
      expect(new Set(all.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(60);
      for (const partition of [0, 1, 2]) {
        const offsets = all.filter((each) => each.partition === partition).map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.map((_, index) => BigInt(index)));
      }
    });

    it('keeps the order of calls that were not waited for', async () => {
      const { topic, consume } = await setUp(1);
      const producer = await driver.createProducer({ name: 'test' });
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          producer.send([{ ...one(topic), value: Buffer.from(String(n)) }], { timeoutMs: TIMEOUT_MS }),
        ),
      );
      const { handle, seen } = collecting();
      await consume({ handle });
      await waitFor(() => seen.length === 20, { description: '20 records' });
      expect(seen.map(textOf)).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
    });

    it('passes on bytes as they are: key, value, headers, also repeated ones, and no value', async () => {
      const { send, consume } = await setUp();
      const value = Buffer.from([0, 255, 10, 13]);
      const headers = { text: 'ü', bytes: Buffer.from([0, 255]), twice: [Buffer.from('a'), Buffer.from('b')] };
      await send([
        { key: Buffer.from([1, 0, 2]), value, headers },
        { key: 'tombstone', value: null },
      ]);
      const { handle, seen } = collecting();
      await consume({ handle });
      await waitFor(() => seen.length === 2, { description: 'both records' });
      const full = seen.find((record) => record.value !== null);
      expect(full?.key).toEqual(Buffer.from([1, 0, 2]));
      expect(full?.value).toEqual(value);
      expect(full?.headers).toEqual({ ...headers, text: Buffer.from('ü') });
      expect(seen.find((record) => record.value === null)?.key).toEqual(Buffer.from('tombstone'));
    });
  });

  driverConsumerSuite(setUp);
  driverChunkSuite(setUp);
  driverGroupsSuite(setUp);
}
