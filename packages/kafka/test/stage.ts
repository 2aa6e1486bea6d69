import { createLogger } from '@throughline/telemetry';
import { stackAddresses, testPrefix } from '@throughline/testing';
import type { ISocketFactory } from 'kafkajs';
import { createClient, type KafkaClient } from '../src/client/create-client.ts';
import { repairConsumerGroup } from '../src/client/repair-consumer-group.ts';
import { repairMetadata } from '../src/client/repair-metadata.ts';
import { repairRequestQueue } from '../src/client/repair-request-queue.ts';
import { repairFetchDecoding } from '../src/consumer/repair-fetch-decoding.ts';
import { repairProduceEncoding } from '../src/producer/repair-produce-encoding.ts';
import { createTopicAdmin, type TopicAdmin } from '../src/topic-admin.ts';

export interface Stage {
  readonly admin: TopicAdmin;
  readonly topic: string;
  readonly group: string;
  close(): Promise<void>;
}

export const testLogger = createLogger({ name: 'test', level: 'fatal' });

export function newClient(socketFactory?: ISocketFactory): KafkaClient {
  repairRequestQueue();
  repairProduceEncoding();
  repairConsumerGroup();
  repairMetadata();
  repairFetchDecoding();
  const brokers = stackAddresses().kafkaBrokers;
  return createClient({ brokers, clientId: 'test', logger: testLogger, ...(socketFactory && { socketFactory }) });
}

/** A topic and a group of its own. */
export async function createStage(partitions: number): Promise<Stage> {
  const admin = createTopicAdmin(() => newClient());
  const topic = testPrefix('stage');
  await admin.ensureTopics([{ topic, partitions }], { create: true });
  return { admin, topic, group: testPrefix('group'), close: () => admin.close() };
}
