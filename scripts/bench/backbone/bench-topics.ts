import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { repairRequestQueue } from '../../../packages/kafka/src/client/repair-request-queue.ts';
import { benchMessage } from './bench-event.ts';

/** The topics of a bench; all are deleted at the end. */
export interface BenchTopics {
  /** Prefix of every topic and group of this bench. */
  readonly prefix: string;
  /** Makes a topic and returns its name. */
  create(label: string): Promise<string>;
  /** Writes events into a topic, each with an id of its own. */
  fill(topic: string, events: number, fillerBytes?: number): Promise<void>;
  /** Records in a topic. */
  count(topic: string): Promise<number>;
  /** Deletes the topics whose names begin so. */
  deleteAll(prefix: string): Promise<void>;
  close(): Promise<void>;
}

const PARTITIONS = 12;
const BATCH_BYTES = 600_000;

/** Opens a client to make, fill and count topics with; the measured processes have their own. */
export async function openBenchTopics(brokers: string): Promise<BenchTopics> {
  // Without it kafkajs writes a warning of Node's into the bench's output.
  repairRequestQueue();
  const kafka = new Kafka({ clientId: 'bench', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
  const prefix = `bench-${randomUUID().slice(0, 8)}`;
  const deleteAll = async (start: string) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(start));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  };
  const count = async (topic: string) => {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  };
  return {
    prefix,
    count,
    deleteAll,
    create: async (label) => {
      const topic = `${prefix}.${label}`;
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }] });
      return topic;
    },
    fill: async (topic, events, fillerBytes) => {
      const batch = Math.max(1, Math.min(1_000, Math.floor(BATCH_BYTES / (900 + (fillerBytes ?? 0)))));
      for (let sent = 0; sent < events; sent += batch) {
        const length = Math.min(batch, events - sent);
        await producer.send({
          topic,
          messages: Array.from({ length }, (_, index) => {
            const { key, value, headers } = benchMessage(sent + index, fillerBytes);
            return { key, value, headers };
          }),
        });
      }
      const found = await count(topic);
      if (found !== events) throw new Error(`${topic} has ${found} records after ${events} were written`);
    },
    close: async () => {
      await deleteAll(prefix);
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}
