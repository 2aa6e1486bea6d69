import { loadContracts } from '@throughline/contracts';
import { EventError, headerText, s3Codec, toHeaders } from '@throughline/events';
import { createKafkaDriver } from '@throughline/kafka';
import {
  createEventPublisher,
  deadLetterTopic,
  type EventHandler,
  type IncomingRecord,
  type MessagingDriver,
  type OutgoingRecord,
  type RetryPolicy,
  type RunningSubscription,
  subscribe,
  subscriptionTopics,
} from '@throughline/messaging';
import {
  createDatabase,
  createInbox,
  createOutbox,
  createRelay,
  type Database,
  incarnationId,
  migrate,
  type Relay,
  type Transaction,
} from '@throughline/postgres';
import { createClaimStore, createRedis, type RedisConnection } from '@throughline/redis';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createTestDatabase, stackAddresses, type TestDatabase, testPrefix, waitFor } from '@throughline/testing';

const logger = createLogger({ name: 'test', level: 'fatal' });
const OWNER = '3f0c2f5e-6f0e-4c39-9d0a-0f6c8e4f7a11';
const data = { payloadType: 'BUCKET_DELETED', bucketName: 'photos' };

describe('a subscription on Kafka, Postgres and Redis', () => {
  let home: TestDatabase;
  let database: Database;
  let redis: RedisConnection;
  let driver: MessagingDriver;
  let relay: Relay;
  let contracts: Awaited<ReturnType<typeof loadContracts>>;
  const running: RunningSubscription[] = [];
  const metrics = createMetrics({ service: 'test' });

  beforeAll(async () => {
    home = await createTestDatabase();
    database = createDatabase({ connectionString: home.url, applicationName: 'test', logger });
    await migrate({ database, logger });
    await database.execute('CREATE TABLE effects (event_id text NOT NULL, bucket text NOT NULL)');
    redis = createRedis({ url: stackAddresses().redisUrl, logger });
    driver = createKafkaDriver({ brokers: stackAddresses().kafkaBrokers, clientId: 'test', logger });
    relay = createRelay({ database, driver, name: 'test', logger, metrics });
    relay.start();
    contracts = await loadContracts(new URL('../../contracts/object-storage', import.meta.url).pathname);
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((subscription) => subscription.stop()));
  });

  afterAll(async () => {
    await relay.stop();
    await driver.close();
    await redis.close();
    await database.close();
    await home.drop();
  });

  const claimStore = async (leaseMs = 10_000) =>
    createClaimStore({ redis, incarnation: await incarnationId(database), metrics, leaseMs });

  const setUp = async (
    handler: EventHandler<Transaction>,
    options: { retry?: Partial<RetryPolicy>; handlerTimeoutMs?: number } = {},
  ) => {
    const topic = testPrefix('storage.bucket');
    const group = testPrefix('storage.test');
    const retry = { inlineTries: 1, inlineDelayMs: 1, delays: ['300ms', '900ms'], ...options.retry };
    await driver.ensureTopics([{ topic, partitions: 3 }, ...subscriptionTopics({ group, retry }, 3)], { create: true });
    const outbox = createOutbox({ wake: () => relay.wake() });
    const publisher = createEventPublisher({
      source: 'BUCKET_SERVICE',
      codec: s3Codec,
      contracts,
      outbox,
      destination: () => ({ topic, aggregateType: 'bucket' }),
    });
    const subscription = {
      group,
      topics: [topic],
      codec: s3Codec,
      contracts,
      handlers: { BUCKET_DELETED: handler },
      order: 'none' as const,
      retry,
      ...(options.handlerTimeoutMs !== undefined && { handlerTimeoutMs: options.handlerTimeoutMs }),
    };
    const start = async () => {
      const inbox = createInbox({ database, wake: () => relay.wake() });
      const started = await subscribe({ subscription, driver, inbox, claims: await claimStore(), logger, metrics });
      running.push(started);
      return started;
    };
    const publish = (key: string) =>
      database.transaction((tx) =>
        publisher.publish(tx, { type: 'BUCKET_DELETED', key, ownerId: OWNER, data: { ...data, bucketName: key } }),
      );
    const producer = await driver.createProducer({ name: 'test' });
    const send = (records: readonly Partial<OutgoingRecord>[]) =>
      producer.send(
        records.map((record) => ({ topic, key: 'k', value: Buffer.from('x'), headers: {}, ...record })),
        { timeoutMs: 10_000 },
      );
    return { topic, group, start, publish, send };
  };

  const writeEffect: EventHandler<Transaction> = async (event, { tx }) => {
    await tx.execute('INSERT INTO effects VALUES ($1, $2)', [event.id, (event.data as { bucketName: string }).bucketName]);
  };
  const effectsOf = (eventId: string) =>
    database.query<{ bucket: string }>('SELECT bucket FROM effects WHERE event_id = $1', [eventId]);

  const readTopic = async (topic: string, count: number): Promise<IncomingRecord[]> => {
    const seen: IncomingRecord[] = [];
    const consumer = await driver.consume({
      group: testPrefix('reader'),
      topics: [topic],
      handle: async (records) => {
        seen.push(...records);
        return [];
      },
    });
    await waitFor(() => seen.length >= count, { description: `${count} records of ${topic}` });
    await consumer.stop();
    return seen;
  };

  it('takes poison to the dead-letter topic with its headers and handles what is behind it', async () => {
    const { topic, group, start, publish, send } = await setUp(writeEffect);
    const event = {
      id: testPrefix('broken'),
      source: 'BUCKET_SERVICE',
      type: 'BUCKET_DELETED',
      time: '2026-01-06T10:14:52.643695Z',
      ownerId: OWNER,
      data: {},
    };
    const headers = { ...toHeaders(event, { contentType: 'application/json' }), mine: Buffer.from([0, 255]) };
    const poison = [
      { value: Buffer.from('{not JSON'), headers },
      { value: null, headers: { ...headers, ce_id: testPrefix('tombstone') } },
      { value: s3Codec.encode({ ...event, id: testPrefix('contract') }) },
      { value: Buffer.from([0, 1, 2]) },
    ];
    const positions = await send(poison);
    await start();
    const published = await publish('behind');
    await waitFor(async () => (await effectsOf(published.id)).length === 1, { description: 'the event behind the poison' });
    const letters = await readTopic(deadLetterTopic(group), poison.length);
    expect(letters).toHaveLength(poison.length);
    const reasons = positions.map(({ offset }) => {
      const letter = letters.find((each) => headerText(each.headers, 'dlq-original-offset') === String(offset));
      return [
        headerText(letter?.headers ?? {}, 'dlq-reason'),
        headerText(letter?.headers ?? {}, 'dlq-original-topic'),
        letter?.value,
      ];
    });
    expect(reasons).toEqual([
      ['decoding', topic, poison[0]?.value],
      ['decoding', topic, null],
      ['contract', topic, poison[2]?.value],
      ['decoding', topic, poison[3]?.value],
    ]);
    const first = letters.find((each) => headerText(each.headers, 'ce_id') === event.id);
    expect(first?.headers.mine).toEqual(Buffer.from([0, 255]));
    expect(headerText(first?.headers ?? {}, 'dlq-consumer-group')).toBe(group);
    expect(headerText(first?.headers ?? {}, 'dlq-attempts')).toBe('1');
  });

  it('stores every poison record as a dead letter, whatever its headers say', async () => {
    const { topic, group, start, publish, send } = await setUp(writeEffect);
    const inRetryTopic = { topic: `${group}.retry.300ms` };
    const told = { 'retry-original-topic': topic, 'retry-original-offset': '7', 'retry-attempts': '1' };
    const records = [
      { headers: { ...told, 'retry-original-offset': '9'.repeat(30) }, ...inRetryTopic },
      { headers: { ...told, 'retry-original-topic': 'a\0b' }, ...inRetryTopic },
      { headers: { ...told, 'retry-attempts': '9'.repeat(15), 'retry-due-at': '9'.repeat(15) }, ...inRetryTopic },
      { headers: { ...told, 'na\0me': 'x', 'dlq-replay-count': '1e300' } },
      { value: Buffer.from('{"eventId":"a\\u0000b","eventType":"BUCKET_DELETED","sourceService":"S"}') },
    ];
    await send(records);
    await start();
    const published = await publish('behind-poison');
    await waitFor(async () => (await effectsOf(published.id)).length === 1, { description: 'the event behind the poison' });
    const letters = await readTopic(deadLetterTopic(group), records.length);
    expect(letters).toHaveLength(records.length);
    expect(letters.flatMap(({ headers }) => Object.keys(headers).filter((name) => name.startsWith('retry-')))).toEqual([]);
  });

  it('has the effect of an event once, delivered five times, over restarts and with Redis forgetting everything', async () => {
    const { topic, group, start, publish, send } = await setUp(writeEffect);
    const subscription = await start();
    const event = await publish('once');
    await waitFor(async () => (await effectsOf(event.id)).length === 1, { description: 'the effect' });
    const [original] = await readTopic(topic, 1);
    const again = {
      key: original?.key ?? null,
      value: original?.value ?? null,
      headers: original?.headers ?? {},
    } as Partial<OutgoingRecord>;
    await send([again]);
    await waitFor(() => subscription.state().lag === 0n, { description: 'the second delivery' });
    await forgetClaim(group, event.id);
    await send([again]);
    await waitFor(() => subscription.state().lag === 0n, { description: 'the third delivery' });
    await subscription.stop();
    await send([again]);
    const restarted = await start();
    await waitFor(() => restarted.state().lag === 0n, { description: 'the fourth delivery' });
    await forgetClaim(group, event.id);
    await send([again]);
    const behind = await publish('behind');
    await waitFor(async () => (await effectsOf(behind.id)).length === 1, { description: 'the event behind the fifth delivery' });
    await waitFor(() => restarted.state().lag === 0n, { description: 'the fifth delivery' });
    expect(await effectsOf(event.id)).toHaveLength(1);
  });

  /** All that Redis knows of an event, by its name: the server may hold millions of others'. */
  const forgetClaim = async (group: string, eventId: string) => {
    const removed = await redis.client.del(`dedup:${await incarnationId(database)}:${group}:BUCKET_SERVICE:${eventId}`);
    expect(removed).toBe(1);
  };

  it('tries again after each delay, in the retry topics, and handles it in the end', async () => {
    const tries: { readonly atMs: number; readonly attempt: number }[] = [];
    const { group, start, publish } = await setUp(async (event, context) => {
      tries.push({ atMs: Date.now(), attempt: context.attempt });
      if (tries.length < 3) throw new EventError('HANDLER_FAILED', 'not yet', { retryable: true });
      await writeEffect(event, context);
    });
    await start();
    const event = await publish('later');
    await waitFor(async () => (await effectsOf(event.id)).length === 1, { description: 'the effect' });
    expect(tries.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    const [first, second, third] = tries.map(({ atMs }) => atMs) as [number, number, number];
    expect(second - first).toBeGreaterThanOrEqual(300);
    expect(third - second).toBeGreaterThanOrEqual(900);
    expect(third - first).toBeLessThan(5000);
    const [retried] = await readTopic(`${group}.retry.900ms`, 1);
    expect(headerText(retried?.headers ?? {}, 'ce_id')).toBe(event.id);
    expect(headerText(retried?.headers ?? {}, 'retry-attempts')).toBe('2');
  });

  it('stops a handler that never ends, rolls back, and makes it a dead letter', async () => {
    let isAborted = false;
    const { group, start, publish } = await setUp(
      async (event, context) => {
        await writeEffect(event, context);
        await new Promise((_, reject) => {
          context.signal.addEventListener('abort', () => {
            isAborted = true;
            reject(new Error('stopped'));
          });
        });
      },
      { retry: { delays: [] }, handlerTimeoutMs: 200 },
    );
    await start();
    const event = await publish('endless');
    const [letter] = await readTopic(deadLetterTopic(group), 1);
    expect(headerText(letter?.headers ?? {}, 'dlq-reason')).toBe('timeout');
    expect(headerText(letter?.headers ?? {}, 'ce_id')).toBe(event.id);
    expect(isAborted).toBe(true);
    expect(await effectsOf(event.id)).toEqual([]);
  });

  it('handles 1,000 events of two members once each', async () => {
    const { start, publish, group } = await setUp(writeEffect);
    await Promise.all([start(), start()]);
    const events = [];
    for (let n = 0; n < 1000; n += 100) {
      events.push(
        ...(await Promise.all(Array.from({ length: 100 }, (_, index) => publish(`bulk-${group}-${(n + index) % 50}`)))),
      );
    }
    const count = () =>
      database.query<{ effects: string; events: string }>(
        "SELECT count(*) AS effects, count(DISTINCT event_id) AS events FROM effects WHERE bucket LIKE 'bulk-%'",
      );
    await waitFor(async () => Number((await count())[0]?.events) === events.length, {
      description: 'all effects',
      timeoutMs: 30_000,
    });
    expect((await count())[0]).toEqual({ effects: '1000', events: '1000' });
  }, 60_000);
});
