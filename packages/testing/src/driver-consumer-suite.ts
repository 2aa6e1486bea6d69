import type { ConsumeOptions, MessagingDriver, OutgoingRecord, RecordConsumer } from '@throughline/messaging';
import { eachRecord } from './each-record.ts';
import { collecting, expectFirstsInOrder, expectOrderPerKey, numbered, textOf } from './numbered-records.ts';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

/** A topic of its own on the driver under test. */
export interface Stage {
  readonly driver: MessagingDriver;
  readonly topic: string;
  readonly group: string;
  readonly send: (records: readonly Partial<OutgoingRecord>[]) => Promise<void>;
  readonly consume: (options: Partial<ConsumeOptions> & Pick<ConsumeOptions, 'handle'>) => Promise<RecordConsumer>;
}

/** What a driver's consumers promise; a part of the driver's suite. */
export function driverConsumerSuite(setUp: (partitions?: number) => Promise<Stage>): void {
  describe('a consumer', () => {
    it('reads from the beginning, every record once, each key in order, different keys side by side', async () => {
      const { topic, send, consume } = await setUp();
      await send(numbered(topic, 300));
      const { note, seen } = collecting();
      let most = 0;
      let running = 0;
      await consume({
        concurrency: 8,
        handle: eachRecord(async (record) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          note(record);
          running -= 1;
        }),
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
      const consumer = await consume({ handle: async () => [] });
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
      const { note, seen } = collecting();
      let rejections = 0;
      await consume({
        handle: eachRecord((record) => {
          if (textOf(record) === 'bad' && rejections < 2) {
            rejections += 1;
            throw new Error('not yet');
          }
          note(record);
        }),
      });
      await waitFor(() => seen.length === 12, { description: '12 records' });
      expect(rejections).toBe(2);
      expect(seen.slice(-2).map(textOf)).toEqual(['bad', 'behind']);
    });

    it('starts again behind what was done, and with what was not', async () => {
      const { topic, send, consume } = await setUp(1);
      await send(numbered(topic, 10));
      const { note, seen } = collecting();
      const first = await consume({
        concurrency: 1,
        drainDeadlineMs: 50,
        handle: eachRecord((record, signal) =>
          textOf(record) === '5' ? new Promise((_, reject) => signal.addEventListener('abort', reject)) : note(record),
        ),
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
        handle: (_, context) => {
          signal = context.signal;
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
      const consumer = await consume({ handle: eachRecord(() => begun.push(Date.now())), dueAtMs: () => dueAtMs });
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
      const { note, seen } = collecting();
      const consumer = await consume({
        concurrency: 1,
        maxUncommitted: 10,
        handle: eachRecord(async (record) => {
          await gate;
          note(record);
        }),
      });
      await waitFor(() => consumer.state().pausedPartitions === 1, { description: 'the full partition' });
      open();
      await waitFor(() => seen.length === 60, { description: 'all records' });
      expectOrderPerKey(seen);
    });

    it('shares a group’s topics by who reads them: members with different topic lists', async () => {
      const { driver, topic, group, send, consume } = await setUp();
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
      const { note, seen } = collecting();
      const slowly = eachRecord(async (record) => {
        await new Promise((resolve) => setImmediate(resolve));
        note(record);
      });
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
