import type { ChunkContext, IncomingRecord, UnfinishedRecord } from '@throughline/messaging';
import type { Stage } from './driver-consumer-suite.ts';
import { collecting, expectOrderPerKey, numbered, textOf } from './numbered-records.ts';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

/** What a driver's consumers promise about chunks and about topics that change; a part of the driver's suite. */
export function driverChunkSuite(setUp: (partitions?: number) => Promise<Stage>): void {
  describe('chunks', () => {
    it('are of one partition, in offset order, no larger than they may be, and no key is in two at once', async () => {
      const { topic, send, consume } = await setUp();
      await send(numbered(topic, 900));
      const { seen, note } = collecting();
      const sizes: number[] = [];
      const inWork = new Set<string>();
      const doubled: string[] = [];
      await consume({
        concurrency: 3,
        maxChunkRecords: () => 7,
        handle: async (records) => {
          sizes.push(records.length);
          expect(new Set(records.map(({ partition }) => partition)).size).toBe(1);
          expect(records.map(({ offset }) => offset)).toEqual(records.map(({ offset }) => offset).sort(byOffset));
          const keys = new Set(records.map(({ key }) => String(key)));
          for (const key of keys) if (inWork.has(key)) doubled.push(key);
          for (const key of keys) inWork.add(key);
          await new Promise((resolve) => setImmediate(resolve));
          for (const key of keys) inWork.delete(key);
          records.forEach(note);
          return [];
        },
      });
      await waitFor(() => seen.length >= 900, { description: 'all records' });
      expect(new Set(seen.map(textOf)).size).toBe(900);
      expect(doubled).toEqual([]);
      expect(Math.max(...sizes)).toBe(7);
      expectOrderPerKey(seen);
    });

    it('give records that are not done again before later ones of their key', async () => {
      const { topic, send, consume } = await setUp(1);
      await send([...numbered(topic, 2).map((record) => ({ ...record, key: 'bad' })), ...numbered(topic, 20, 2)]);
      const { seen, note } = collecting();
      let tries = 0;
      await consume({
        maxChunkRecords: () => 50,
        handle: async (records) => {
          const isBad = tries < 2 && records.some(({ key }) => String(key) === 'bad');
          tries += isBad ? 1 : 0;
          const bad = isBad ? records.filter(({ key }) => String(key) === 'bad') : [];
          records.filter((record) => !bad.includes(record)).forEach(note);
          return bad.map((record) => ({ record, error: new Error('away') }));
        },
      });
      await waitFor(() => seen.length === 22, { description: 'all records' });
      expect(tries).toBe(2);
      expect(seen.filter(({ key }) => String(key) === 'bad').map(textOf)).toEqual(['0', '1']);
      expect(new Set(seen.map(textOf)).size).toBe(22);
    });

    it('hold up nothing but its key when a record asks for a later time', async () => {
      const { topic, send, consume } = await setUp(1);
      await send([{ key: 'waits', value: Buffer.from('waits') }, ...numbered(topic, 100)]);
      const { seen, note } = collecting();
      let askedAtMs = 0;
      await consume({
        maxChunkRecords: () => 10,
        handle: async (records) => {
          const unfinished: UnfinishedRecord[] = [];
          for (const record of records) {
            if (textOf(record) !== 'waits' || askedAtMs > 0) note(record);
            else unfinished.push({ record, error: new Error('in work elsewhere'), retryAfterMs: 300 });
          }
          if (unfinished.length > 0) askedAtMs = Date.now();
          return unfinished;
        },
      });
      await waitFor(() => seen.length === 101, { description: 'all records' });
      expect(Date.now() - askedAtMs).toBeGreaterThanOrEqual(299);
      expect(seen.map(textOf).at(-1)).toBe('waits');
    });

    it('let a key go on, and offsets be committed, as soon as its records are said to be done', async () => {
      const { driver, topic, group, send, consume } = await setUp(1);
      await send([{ key: 'first' }, { key: 'slow' }, { key: 'first' }]);
      const begun: string[] = [];
      const gate = Promise.withResolvers<void>();
      await consume({
        maxChunkRecords: () => 2,
        handle: async (records: readonly IncomingRecord[], { finish }: ChunkContext) => {
          begun.push(...records.map(({ offset }) => String(offset)));
          finish(records.slice(0, 1));
          if (records.length > 1) await gate.promise;
          return [];
        },
      });
      await waitFor(() => begun.includes('2'), { description: 'the later record of the key' });
      await committedIs(driver, group, topic, 1n);
      gate.resolve();
      await committedIs(driver, group, topic, 3n);
    });

    it('that throw are given again, but for what was said to be done', async () => {
      const { send, consume } = await setUp(1);
      await send([
        { key: 'a', value: Buffer.from('a') },
        { key: 'b', value: Buffer.from('b') },
      ]);
      const begun: string[] = [];
      await consume({
        maxChunkRecords: () => 10,
        handle: async (records, { finish }) => {
          begun.push(...records.map(textOf));
          finish(records.filter((record) => textOf(record) === 'a'));
          if (begun.length < 4 && records.some((record) => textOf(record) === 'b')) throw new Error('away');
          return [];
        },
      });
      await waitFor(() => begun.filter((text) => text === 'b').length === 3, { description: 'the third try' });
      expect(begun.filter((text) => text === 'a')).toHaveLength(1);
    });
  });

  describe('other topics while it runs', () => {
    it('reads a topic that was created later, and loses and doubles nothing of what it reads already', async () => {
      const { driver, topic, send, consume } = await setUp();
      const later = testPrefix('later');
      const { seen, handle } = collecting();
      const consumer = await consume({ handle, maxChunkRecords: () => 5 });
      await send(numbered(topic, 300));
      await driver.ensureTopics([{ topic: later, partitions: 2 }], { create: true });
      await send(numbered(later, 50));
      const changed = consumer.setTopics([topic, later]);
      await send(numbered(topic, 300, 300));
      await changed;
      await waitFor(() => seen.length >= 650, { description: 'the records of both topics' });
      await waitFor(() => consumer.state().lag === 0n, { description: 'no lag' });
      expect(new Set(seen.map((record) => record.topic + textOf(record))).size).toBe(650);
      expect(seen).toHaveLength(650);
      expectOrderPerKey(seen.filter((record) => record.topic === topic));
    });

    it('goes on with what is in work of a topic that stays', async () => {
      const { driver, topic, send, consume } = await setUp(1);
      const later = testPrefix('later');
      await driver.ensureTopics([{ topic: later, partitions: 1 }], { create: true });
      await send(numbered(topic, 1));
      await send(numbered(later, 1));
      const gate = Promise.withResolvers<void>();
      const signals: AbortSignal[] = [];
      const { seen, note } = collecting();
      const consumer = await consume({
        handle: async ([record], { signal }) => {
          if (record?.topic === topic) {
            signals.push(signal);
            await gate.promise;
          }
          if (record !== undefined) note(record);
          return [];
        },
      });
      await waitFor(() => signals.length === 1, { description: 'the record in work' });
      await consumer.setTopics([topic, later]);
      await waitFor(() => seen.length === 1, { description: 'the other topic' });
      gate.resolve();
      await waitFor(() => seen.length === 2, { description: 'both' });
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    });

    it('reads no more of a topic that is left out, and refuses one that does not exist', async () => {
      const { driver, topic, group, send } = await setUp();
      const other = testPrefix('other');
      await driver.ensureTopics([{ topic: other, partitions: 2 }], { create: true });
      const { seen, handle } = collecting();
      const consumer = await driver.consume({ group, topics: [topic, other], handle });
      await expect(consumer.setTopics([topic, testPrefix('missing')])).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
      await consumer.setTopics([topic]);
      await send([...numbered(other, 10), ...numbered(topic, 10)]);
      await waitFor(() => seen.length >= 10 && consumer.state().lag === 0n, { description: 'the topic that stays' });
      expect(new Set(seen.map((record) => record.topic))).toEqual(new Set([topic]));
    });
  });
}

function byOffset(a: bigint, b: bigint): number {
  return Number(a - b);
}

async function committedIs(driver: Stage['driver'], group: string, topic: string, expected: bigint): Promise<void> {
  const isThere = async () => (await driver.groups.offsets(group, [topic]))[0]?.committed === expected;
  await waitFor(isThere, { description: `offset ${expected} to be committed` });
}
