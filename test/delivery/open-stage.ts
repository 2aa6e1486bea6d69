import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createKafkaDriver } from '@throughline/kafka';
import {
  createEventPublisher,
  type EventOutcome,
  type OutgoingRecord,
  type RunningSubscription,
  type Subscription,
  subscribe,
  subscriptionTopics,
} from '@throughline/messaging';
import {
  createDatabase,
  createInbox,
  createOutbox,
  createParkingLot,
  createRelay,
  incarnationId,
  migrate,
  type Transaction,
} from '@throughline/postgres';
import { createClaimStore, createRedis } from '@throughline/redis';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createTestDatabase, stackAddresses, testPrefix } from '@throughline/testing';

export const OWNER = '3f0c2f5e-6f0e-4c39-9d0a-0f6c8e4f7a11';

export type DeliveryStage = Awaited<ReturnType<typeof openStage>>;

/** A service's stores, relay and driver on the real stack, with a table of effects in the order of their commits. */
export async function openStage() {
  const logger = createLogger({ name: 'test', level: 'fatal' });
  const metrics = createMetrics({ service: 'test' });
  const home = await createTestDatabase();
  const database = createDatabase({ connectionString: home.url, applicationName: 'test', logger });
  await migrate({ database, logger });
  await database.execute(
    'CREATE TABLE effects (position bigserial PRIMARY KEY, consumer_group text NOT NULL, event_id text NOT NULL, bucket text NOT NULL)',
  );
  const redis = createRedis({ url: stackAddresses().redisUrl, logger });
  const driver = createKafkaDriver({ brokers: stackAddresses().kafkaBrokers, clientId: 'test', logger });
  const relay = createRelay({ database, driver, name: 'test', logger, metrics });
  relay.start();
  const contracts = await loadContracts(new URL('../../contracts/object-storage', import.meta.url).pathname);
  const wake = () => relay.wake();
  const outbox = createOutbox({ wake });
  const claims = createClaimStore({ redis, incarnation: await incarnationId(database), metrics });
  const running: RunningSubscription[] = [];
  const told: (EventOutcome & { readonly group: string })[] = [];

  const createTopic = async (partitions = 3) => {
    const topic = testPrefix('storage.bucket');
    await driver.ensureTopics([{ topic, partitions }], { create: true });
    return topic;
  };
  const start = async (declared: Pick<Subscription<Transaction>, 'topics'> & Partial<Subscription<Transaction>>) => {
    const subscription = { group: testPrefix('storage.test'), codec: s3Codec, contracts, order: 'none', ...declared } as const;
    await driver.ensureTopics(subscriptionTopics(subscription, 3), { create: true });
    const started = await subscribe({
      subscription,
      driver,
      inbox: createInbox({ database, wake }),
      parking: createParkingLot({ database, wake }),
      claims,
      outcomes: { tell: ({ group, events }) => told.push(...events.map((event) => ({ ...event, group }))) },
      logger,
      metrics,
    });
    running.push(started);
    return started;
  };
  const publish = async (topic: string, buckets: readonly string[]) => {
    const publisher = createEventPublisher({
      source: 'BUCKET_SERVICE',
      codec: s3Codec,
      contracts,
      outbox,
      destination: () => ({ topic, aggregateType: 'bucket' }),
    });
    return database.transaction(async (tx) => {
      const events = [];
      for (const bucketName of buckets) {
        const [key = ''] = bucketName.split('-');
        const data = { payloadType: 'BUCKET_DELETED', bucketName };
        events.push(await publisher.publish(tx, { type: 'BUCKET_DELETED', key, ownerId: OWNER, data }));
      }
      return events;
    });
  };
  const producer = await driver.createProducer({ name: 'test' });
  const effectsOf = (group: string) =>
    database.query<{ event_id: string; bucket: string }>(
      'SELECT event_id, bucket FROM effects WHERE consumer_group = $1 ORDER BY position',
      [group],
    );
  const deadLettersOf = (group: string) =>
    database.query<{ event_id: string; reason: string; dlq_id: string }>(
      'SELECT event_id, reason, dlq_id FROM dead_letters WHERE consumer_group = $1',
      [group],
    );
  return {
    database,
    driver,
    redis,
    told,
    createTopic,
    start,
    publish,
    effectsOf,
    deadLettersOf,
    send: (records: readonly OutgoingRecord[]) => producer.send(records, { timeoutMs: 30_000 }),
    stopSubscriptions: async () => void (await Promise.all(running.splice(0).map((subscription) => subscription.stop()))),
    close: async () => {
      await Promise.all(running.splice(0).map((subscription) => subscription.stop()));
      await producer.close();
      await relay.stop();
      await driver.close();
      await redis.close();
      await database.close();
      await home.drop();
    },
  };
}
