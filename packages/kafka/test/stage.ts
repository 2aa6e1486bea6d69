import { createLogger } from '@throughline/telemetry';
import { stackAddresses, testPrefix } from '@throughline/testing';
import { type ISocketFactory, Kafka, logLevel } from 'kafkajs';
import { repairRequestQueue } from '../src/repair-request-queue.ts';
import { createTopicAdmin, type TopicAdmin } from '../src/topic-admin.ts';

export interface Stage {
  readonly admin: TopicAdmin;
  readonly client: Kafka;
  readonly topic: string;
  readonly group: string;
  close(): Promise<void>;
}

export const testLogger = createLogger({ name: 'test', level: 'fatal' });

export function newClient(socketFactory?: ISocketFactory): Kafka {
  repairRequestQueue();
  return new Kafka({
    brokers: [...stackAddresses().kafkaBrokers],
    clientId: 'test',
    logLevel: logLevel.NOTHING,
    requestTimeout: 10_000,
    connectionTimeout: 3000,
    retry: { initialRetryTime: 50, maxRetryTime: 500, factor: 0.2, multiplier: 2, retries: 5 },
    ...(socketFactory && { socketFactory }),
  });
}

/** A topic and a group of its own. */
export async function createStage(partitions: number): Promise<Stage> {
  const client = newClient();
  const admin = createTopicAdmin(client);
  const topic = testPrefix('stage');
  await admin.ensureTopics([{ topic, partitions }], { create: true });
  return { admin, client, topic, group: testPrefix('group'), close: () => admin.close() };
}
