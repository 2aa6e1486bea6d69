import type { ConsumeOptions, OutgoingRecord } from '@throughline/messaging';
import { eachRecord, waitFor } from '@throughline/testing';
import { createFaultySockets } from '../../test/faulty-sockets.ts';
import { createJournal, numberOf } from '../../test/journal.ts';
import { createStage, newClient, type Stage, testLogger } from '../../test/stage.ts';
import { createRecordProducer } from '../producer/create-record-producer.ts';
import type { TopicAdmin } from '../topic-admin.ts';
import { KafkaRecordConsumer } from './kafka-record-consumer.ts';

const PARTITIONS = 6;
const KEYS = 997;

describe('KafkaRecordConsumer', () => {
  let stage: Stage;
  const started: KafkaRecordConsumer[] = [];

  beforeEach(async () => {
    stage = await createStage(PARTITIONS);
  });

  afterEach(async () => {
    await Promise.all(started.splice(0).map((consumer) => consumer.stop()));
    await stage.close();
  });

  const consume = async (options: Partial<ConsumeOptions> & Pick<ConsumeOptions, 'handle'>, createClient = () => newClient()) => {
    const consumer = new KafkaRecordConsumer({
      createClient,
      admin: stage.admin,
      logger: testLogger,
      options: { group: stage.group, topics: [stage.topic], sessionTimeoutMs: 10_000, ...options },
    });
    started.push(consumer);
    await consumer.start();
    return consumer;
  };

  const produce = async (from: number, count: number) => {
    const producer = createRecordProducer({
      createClient: () => newClient(),
      requireTopics: async () => {},
      name: 'test',
      logger: testLogger,
    });
    for (let first = from; first < from + count; first += 500) {
      await producer.send(numbered(first, Math.min(500, from + count - first)), { timeoutMs: 10_000 });
    }
    await producer.close();
  };

  const numbered = (from: number, count: number): OutgoingRecord[] =>
    Array.from({ length: count }, (_, index) => ({
      topic: stage.topic,
      key: `k${(from + index) % KEYS}`,
      value: Buffer.from(String(from + index)),
      headers: {},
    }));

  it('handles 20,000 records of 997 keys once each, in order per key', async () => {
    await produce(0, 20_000);
    const journal = createJournal();
    const consumer = await consume({ handle: journal.handle });
    await waitFor(() => journal.seen.length >= 20_000, { description: 'all records', timeoutMs: 25_000 });
    expect(journal.distinct()).toBe(20_000);
    expect(journal.seen.length).toBe(20_000);
    expect(journal.overtaken()).toEqual([]);
    await waitFor(() => consumer.state().lag === 0n, { description: 'no lag' });
    await consumer.stop();
    const ranges = await stage.admin.ranges(stage.group, [stage.topic]);
    expect(ranges.map(({ committed }) => committed)).toEqual(ranges.map(({ high }) => high));
  });

  it('loses nothing while members join and leave under load, each member keeping the order per key', async () => {
    const total = 9000;
    const journals = [createJournal(), createJournal(), createJournal()] as const;
    const all = () => new Set(journals.flatMap(({ seen }) => seen.map(numberOf))).size;
    const slowly = (index: 0 | 1 | 2) =>
      eachRecord(async (record) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        journals[index].note(record);
      });
    await produce(0, total / 3);
    const first = await consume({ handle: slowly(0), concurrency: 16, maxChunkRecords: () => 20 });
    await produce(total / 3, total / 3);
    await consume({ handle: slowly(1), concurrency: 16, maxChunkRecords: () => 20 });
    await produce((total / 3) * 2, total / 3);
    await first.stop();
    const third = await consume({ handle: slowly(2), concurrency: 16, maxChunkRecords: () => 20 });
    await waitFor(() => all() === total, { description: 'all records', timeoutMs: 40_000 });
    for (const journal of journals) expect(journal.firstsOvertaken()).toEqual([]);
    const handled = journals.reduce((sum, { seen }) => sum + seen.length, 0);
    expect(handled).toBeLessThan(total * 1.5);
    await waitFor(() => third.state().isJoined && third.state().lag === 0n, { description: 'no lag' });
  }, 60_000);

  it('goes on after its connections were cut again and again', async () => {
    const sockets = createFaultySockets();
    const journal = createJournal();
    await produce(0, 1000);
    const consumer = await consume(
      {
        concurrency: 8,
        handle: eachRecord(async (record) => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          journal.note(record);
        }),
      },
      () => newClient(sockets.socketFactory),
    );
    for (let round = 1; round <= 3; round += 1) {
      await waitFor(() => journal.distinct() >= round * 800, { description: `records of round ${round}`, timeoutMs: 30_000 });
      sockets.cut();
      await produce(round * 1000, 1000);
    }
    await waitFor(() => journal.distinct() === 4000, { description: 'all records', timeoutMs: 40_000 });
    expect(journal.firstsOvertaken()).toEqual([]);
    await waitFor(() => consumer.state().isJoined && consumer.state().lag === 0n, { description: 'no lag' });
  }, 90_000);

  it('stops a partition whose committed offset is no longer in the log, and says so, instead of skipping', async () => {
    await produce(0, 600);
    const before = await consume({ handle: async () => [] });
    await waitFor(() => before.state().lag === 0n, { description: 'no lag' });
    await before.stop();
    await produce(600, 600);
    await deleteUpTo(1200);
    const journal = createJournal();
    const after = await consume({ handle: journal.handle });
    await waitFor(() => after.state().haltedPartitions === PARTITIONS, { description: 'the halted partitions' });
    expect(journal.seen).toEqual([]);
    const committed = await stage.admin.ranges(stage.group, [stage.topic]);
    await after.stop();
    const unchanged = await stage.admin.ranges(stage.group, [stage.topic]);
    expect(unchanged.map((range) => range.committed)).toEqual(committed.map((range) => range.committed));
  });

  it('stops a partition whose records are removed while it waits to fetch them', async () => {
    await produce(0, 600);
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const consumer = await consume({ maxUncommitted: 10, concurrency: 1, handle: eachRecord(() => gate) });
    await waitFor(() => consumer.state().pausedPartitions === PARTITIONS, { description: 'full queues' });
    expect(consumer.state().queued + consumer.state().inFlight).toBe(600);
    await produce(600, 600);
    await deleteUpTo(1200);
    await produce(1200, 600);
    open();
    await waitFor(() => consumer.state().haltedPartitions === PARTITIONS, { description: 'the halted partitions' });
    await consumer.stop();
    const after = await stage.admin.ranges(stage.group, [stage.topic]);
    expect(after.reduce((sum, { committed }) => sum + Number(committed), 0)).toBe(600);
  });

  it('rests all partitions when their records take too many bytes together, and goes on when they are done', async () => {
    await produce(0, 600);
    let handled = 0;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const handle = eachRecord(async () => {
      await gate;
      handled += 1;
    });
    const consumer = await consume({ maxMemberBytes: 1, handle });
    await waitFor(() => consumer.state().pausedPartitions === PARTITIONS, { description: 'the resting member' });
    await produce(600, 600);
    open();
    await waitFor(() => handled === 1200, { description: 'all records' });
    await consumer.stop();
  });

  it('begins with the topics that have leaders, and reads another once it has one', async () => {
    const other = await createStage(1);
    await produce(0, 100);
    const journal = createJournal();
    let hasLeader = false;
    const admin = {
      ...bound(stage.admin),
      withLeaders: async (topics: readonly string[]) => (hasLeader ? topics : [stage.topic]),
    };
    const consumer = new KafkaRecordConsumer({
      createClient: () => newClient(),
      admin,
      logger: testLogger,
      options: { group: stage.group, topics: [stage.topic, other.topic], handle: journal.handle },
    });
    started.push(consumer);
    await consumer.start();
    await waitFor(() => journal.seen.length === 100, { description: 'the topic that has leaders' });
    hasLeader = true;
    await waitFor(() => consumer.state().topics?.has(other.topic), { description: 'the other topic' });
    await other.close();
  });

  it('goes on with its other topics when one of them is deleted', async () => {
    const other = await createStage(1);
    const journal = createJournal();
    const consumer = await consume({ topics: [stage.topic, other.topic], handle: journal.handle });
    await waitFor(() => consumer.state().topics?.has(other.topic), { description: 'reading both' });
    await other.admin.ask('deleting a topic', (kafka) => kafka.deleteTopics({ topics: [other.topic] }));
    await waitFor(() => !consumer.state().isJoined, { description: 'noticing', timeoutMs: 60_000 });
    await produce(0, 100);
    await waitFor(() => journal.distinct() === 100, { description: 'the topic that is left', timeoutMs: 30_000 });
    expect([...(consumer.state().topics?.keys() ?? [])]).toEqual([stage.topic]);
    await other.close();
  });

  /** Removes about as many records as were produced so far. */
  const deleteUpTo = async (total: number) => {
    const client = newClient();
    const admin = client.kafka.admin();
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(stage.topic);
    expect(ends.reduce((sum, { high }) => sum + Number(high), 0)).toBe(total);
    await admin.deleteTopicRecords({
      topic: stage.topic,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });
    await admin.disconnect();
    client.end();
  };
});

/** Its methods, so that one can be replaced. */
function bound(admin: TopicAdmin): TopicAdmin {
  const { ask, awaitLeaders, close, ensureTopics, listTopics, partitionCount, ping, ranges, requireTopics, withLeaders } = admin;
  const methods = {
    ask,
    awaitLeaders,
    close,
    ensureTopics,
    listTopics,
    partitionCount,
    ping,
    ranges,
    requireTopics,
    withLeaders,
  };
  return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, method.bind(admin)])) as unknown as TopicAdmin;
}
