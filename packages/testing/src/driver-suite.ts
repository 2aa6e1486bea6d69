import type { ConsumeOptions, IncomingRecord, MessagingDriver, OutgoingRecord, RecordConsumer } from '@throughline/messaging';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

/** What the suite needs of an implementation. */
export interface DriverSuite {
  readonly createDriver: () => MessagingDriver;
}

const TIMEOUT_MS = 10_000;

interface Stage {
  readonly driver: MessagingDriver;
  readonly topic: string;
  readonly group: string;
  readonly send: (records: readonly Partial<OutgoingRecord>[]) => Promise<void>;
  readonly consume: (options: Partial<ConsumeOptions> & Pick<ConsumeOptions, 'handle'>) => Promise<RecordConsumer>;
}

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
      const consumed = driver.consume({ group: testPrefix('group'), topics: [missing], handle: async () => {} });
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

  describe('a consumer', () => {
    it('reads from the beginning, every record once, each key in order, different keys side by side', async () => {
      const { topic, send, consume } = await setUp();
      await send(numbered(topic, 300));
      const { handle, seen } = collecting();
      let most = 0;
      let running = 0;
      await consume({
        concurrency: 8,
        handle: async (record, signal) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          await handle(record, signal);
          running -= 1;
        },
      });
      await waitFor(() => seen.length >= 300, { description: '300 records' });
      expect(new Set(seen.map(textOf)).size).toBe(300);
      expectOrderPerKey(seen);
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(8);
    });

    it('shows that there is nothing left', async () => {
      const { topic, send, consume } = await setUp();
      await send(numbered(topic, 20));
      const consumer = await consume({ handle: async () => {} });
      await waitFor(() => consumer.state().lag === 0n, { description: 'no lag' });
      expect(consumer.state()).toMatchObject({
        isJoined: true,
        inFlight: 0,
        queued: 0,
        pausedPartitions: 0,
        haltedPartitions: 0,
      });
    });

    it('gives every group all records', async () => {
      const { topic, send, consume } = await setUp();
      await send(numbered(topic, 50));
      const one = collecting();
      const other = collecting();
      await consume({ handle: one.handle });
      await consume({ handle: other.handle, group: testPrefix('other') });
      await waitFor(() => one.seen.length === 50 && other.seen.length === 50, { description: '50 records in both groups' });
    });

    it('gives a rejected record again, without skipping it, while other keys go on', async () => {
      const { topic, send, consume } = await setUp(1);
      await send([
        { key: 'bad', value: Buffer.from('bad') },
        { key: 'bad', value: Buffer.from('behind') },
        ...numbered(topic, 10),
      ]);
      const { handle, seen } = collecting();
      let rejections = 0;
      await consume({
        handle: async (record, signal) => {
          if (textOf(record) === 'bad' && rejections < 2) {
            rejections += 1;
            throw new Error('not yet');
          }
          await handle(record, signal);
        },
      });
      await waitFor(() => seen.length === 12, { description: '12 records' });
      expect(rejections).toBe(2);
      expect(seen.slice(-2).map(textOf)).toEqual(['bad', 'behind']);
    });

    it('starts again behind what was done, and with what was not', async () => {
      const { topic, send, consume } = await setUp(1);
      await send(numbered(topic, 10));
      const { handle, seen } = collecting();
      const first = await consume({
        concurrency: 1,
        drainDeadlineMs: 50,
        handle: (record, signal) =>
          textOf(record) === '5' ? new Promise((_, reject) => signal.addEventListener('abort', reject)) : handle(record, signal),
      });
      await waitFor(() => first.state().inFlight === 1 && seen.length >= 4, { description: 'the record that never ends' });
      await first.stop();
      const before = seen.map(textOf);
      const again = collecting();
      const second = await consume({ handle: again.handle });
      await waitFor(() => second.state().lag === 0n && again.seen.length > 0, { description: 'the rest' });
      expect(again.seen.map(textOf)).toContain('5');
      expect(again.seen.map(textOf)).not.toContain('0');
      expect(new Set([...before, ...again.seen.map(textOf)]).size).toBe(10);
    });

    it('aborts work that is not done at the drain deadline', async () => {
      const { topic, send, consume } = await setUp(1);
      await send(numbered(topic, 1));
      let signal: AbortSignal | undefined;
      const consumer = await consume({
        drainDeadlineMs: 50,
        handle: (_, given) => {
          signal = given;
          return new Promise(() => {});
        },
      });
      await waitFor(() => signal !== undefined, { description: 'the handler' });
      await consumer.stop();
      expect(signal?.aborted).toBe(true);
    });

    it('holds a record that is not due, paused on purpose', async () => {
      const { topic, send, consume } = await setUp(1);
      await send(numbered(topic, 3));
      const dueAtMs = Date.now() + 1200;
      const begun: number[] = [];
      const consumer = await consume({ handle: async () => void begun.push(Date.now()), dueAtMs: () => dueAtMs });
      await waitFor(() => consumer.state().pausedPartitions === 1, { description: 'the paused partition' });
      await waitFor(() => begun.length === 3, { description: 'the records when they are due' });
      expect(Math.min(...begun)).toBeGreaterThanOrEqual(dueAtMs);
      await waitFor(() => consumer.state().pausedPartitions === 0, { description: 'the resumed partition' });
    });

    it('keeps no more than its bound of a partition in memory', async () => {
      const { topic, send, consume } = await setUp(1);
      await send(numbered(topic, 60));
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const { handle, seen } = collecting();
      const consumer = await consume({
        concurrency: 1,
        maxUncommitted: 10,
        handle: async (record, signal) => {
          await gate;
          await handle(record, signal);
        },
      });
      await waitFor(() => consumer.state().pausedPartitions === 1, { description: 'the full partition' });
      open();
      await waitFor(() => seen.length === 60, { description: 'all records' });
      expectOrderPerKey(seen);
    });

    it('shares a group’s topics by who reads them: members with different topic lists', async () => {
      const { topic, group, send, consume } = await setUp();
      const second = testPrefix('second');
      await driver.ensureTopics([{ topic: second, partitions: 3 }], { create: true });
      const one = collecting();
      const both = collecting();
      await consume({ handle: one.handle });
      await driver.consume({ group, topics: [topic, second], handle: both.handle });
      await send([...numbered(topic, 60), ...numbered(second, 60)]);
      await waitFor(() => one.seen.length + both.seen.length >= 120, { description: 'all records of both topics' });
      expect(one.seen.every((record) => record.topic === topic)).toBe(true);
      expect(both.seen.filter((record) => record.topic === second)).toHaveLength(60);
    });

    it('loses nothing while members come and go', async () => {
      const { topic, send, consume } = await setUp(4);
      const { handle, seen } = collecting();
      const slowly = async (record: IncomingRecord, signal: AbortSignal) => {
        await new Promise((resolve) => setImmediate(resolve));
        await handle(record, signal);
      };
      const first = await consume({ handle: slowly });
      await send(numbered(topic, 200));
      const second = await consume({ handle: slowly });
      await send(numbered(topic, 200, 200));
      await waitFor(() => new Set(seen.map(textOf)).size > 300, { description: 'most records' });
      await first.stop();
      await send(numbered(topic, 200, 400));
      await waitFor(() => new Set(seen.map(textOf)).size === 600, { description: 'all records' });
      await waitFor(() => second.state().lag === 0n, { description: 'no lag' });
      expectFirstsInOrder(seen);
    });
  });
}

function one(topic: string): OutgoingRecord {
  return { topic, key: 'k', value: Buffer.from('x'), headers: {} };
}

/** Values count up from `from`; 17 keys. */
function numbered(topic: string, count: number, from = 0): OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    ...one(topic),
    key: `k${(from + index) % 17}`,
    value: Buffer.from(String(from + index)),
  }));
}

function collecting() {
  const seen: IncomingRecord[] = [];
  const handle: ConsumeOptions['handle'] = async (record) => void seen.push(record);
  return { seen, handle };
}

function textOf(record: IncomingRecord): string {
  return record.value?.toString() ?? '';
}

function expectOrderPerKey(seen: readonly IncomingRecord[]): void {
  const last = new Map<string, number>();
  for (const record of seen) {
    const key = record.key?.toString() ?? '';
    expect(Number(textOf(record))).toBeGreaterThan(last.get(key) ?? -1);
    last.set(key, Number(textOf(record)));
  }
}

/** Repeats are allowed where members come and go; the first time of each record must be in order of its key. */
function expectFirstsInOrder(seen: readonly IncomingRecord[]): void {
  const firsts = new Map<string, IncomingRecord>();
  for (const record of seen) if (!firsts.has(textOf(record))) firsts.set(textOf(record), record);
  expectOrderPerKey([...firsts.values()]);
}
