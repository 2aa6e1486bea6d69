import type { ConsumeOptions, MessagingDriver, RecordConsumer, RecordProducer } from '@throughline/messaging';
import type { Logger } from '@throughline/telemetry';
import { createClient } from './client/create-client.ts';
import type { KafkaSecurity } from './client/kafka-security.ts';
import { repairConsumerGroup } from './client/repair-consumer-group.ts';
import { repairMetadata } from './client/repair-metadata.ts';
import { repairRequestQueue } from './client/repair-request-queue.ts';
import { KafkaRecordConsumer } from './consumer/kafka-record-consumer.ts';
import { repairFetchDecoding } from './consumer/repair-fetch-decoding.ts';
import { createGroupAdmin } from './group-admin.ts';
import { createRecordProducer } from './producer/create-record-producer.ts';
import { repairProduceEncoding } from './producer/repair-produce-encoding.ts';
import { createTopicAdmin } from './topic-admin.ts';

export interface KafkaDriverOptions {
  /** `host:port` of one broker or more, from which the others are learned. */
  readonly brokers: readonly string[];
  /** Shown in the brokers' logs and metrics. */
  readonly clientId: string;
  readonly logger: Logger;
  /** (Default: neither TLS nor a login) */
  readonly security?: KafkaSecurity | undefined;
}

/**
 * The driver for Kafka 2.8 to 4.x. Nothing is connected until it is used.
 * Errors are EventErrors: `RECORD_TOO_LARGE` and `RECORD_REJECTED` (of the records), `TOPIC_MISSING`, `SEND_FAILED` (retryable).
 *
 * @example
 * const driver = createKafkaDriver({ brokers: ['localhost:9092'], clientId: 'storage.object', logger });
 * const producer = await driver.createProducer({ name: 'relay-0' });
 * await producer.send([{ topic: 'storage.object.v1', key: objectId, value, headers }], { timeoutMs: 5000 });
 */
export function createKafkaDriver(options: KafkaDriverOptions): MessagingDriver {
  repairRequestQueue();
  repairConsumerGroup();
  repairMetadata();
  repairFetchDecoding();
  repairProduceEncoding();
  const logger = options.logger.child({ component: 'kafka' });
  const newClient = () => createClient({ ...options, logger });
  const admin = createTopicAdmin(newClient);
  const producers = new Set<RecordProducer>();
  const consumers = new Set<RecordConsumer>();
  return {
    createProducer: async ({ name }) => {
      const producer = createRecordProducer({
        createClient: newClient,
        requireTopics: (topics) => admin.requireTopics(topics),
        name,
        logger,
      });
      producers.add(producer);
      return {
        send: (records, sendOptions) => producer.send(records, sendOptions),
        close: async () => {
          await producer.close();
          producers.delete(producer);
        },
      };
    },
    consume: async (consumeOptions: ConsumeOptions) => {
      const consumer = new KafkaRecordConsumer({ createClient: newClient, admin, logger, options: consumeOptions });
      consumers.add(consumer);
      try {
        await consumer.start();
      } catch (error) {
        consumers.delete(consumer);
        throw error;
      }
      return {
        state: () => consumer.state(),
        setTopics: (topics) => consumer.setTopics(topics),
        stop: async () => {
          await consumer.stop();
          consumers.delete(consumer);
        },
      };
    },
    ensureTopics: (declarations, create) => admin.ensureTopics(declarations, create),
    listTopics: () => admin.listTopics(),
    groups: createGroupAdmin({ admin, createClient: newClient }),
    partitionCount: (topic) => admin.partitionCount(topic),
    ping: (timeoutMs) => admin.ping(timeoutMs),
    close: async () => {
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      await Promise.all([...producers].map((producer) => producer.close()));
      await admin.close();
    },
  };
}
