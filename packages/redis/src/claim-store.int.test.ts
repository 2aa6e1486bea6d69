import { createLogger, createMetrics, METRICS } from '@throughline/telemetry';
import { claimStoreSuite, createRedisServer, type RedisServer, stackAddresses, testPrefix, waitFor } from '@throughline/testing';
import { createClaimStore } from './claim-store.ts';
import { createRedis, type RedisConnection } from './create-redis.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
const key = { group: 'a.group', source: 'A_SOURCE', id: 'e-1' };

describe('on the stack', () => {
  const incarnation = testPrefix();
  const metrics = createMetrics({ service: 'test' });
  let redis: RedisConnection;

  beforeAll(async () => {
    redis = createRedis({ url: stackAddresses().redisUrl, logger });
    await redis.ping(5_000);
  });
  afterAll(() => redis.close());

  claimStoreSuite({ createStore: ({ leaseMs }) => createClaimStore({ redis, incarnation, leaseMs, metrics }) });

  it('does not believe what was done in another incarnation of the database', async () => {
    const before = createClaimStore({ redis, incarnation: testPrefix(), metrics });
    await before.confirm(key, 'any');
    expect(await before.claim(key)).toEqual({ outcome: 'done' });
    expect(await createClaimStore({ redis, incarnation: testPrefix(), metrics }).claim(key)).toMatchObject({
      outcome: 'claimed',
    });
  });

  it('forgets what is done after its time', async () => {
    const store = createClaimStore({ redis, incarnation: testPrefix(), metrics, doneTtlMs: 50 });
    await store.confirm(key, 'any');
    await waitFor(async () => (await store.claim(key)).outcome === 'claimed', {
      description: 'the end of the time',
      intervalMs: 10,
    });
  });
});

describe('with a Redis that fails', () => {
  let server: RedisServer;
  let redis: RedisConnection;

  beforeEach(async () => {
    server = await createRedisServer();
    await server.start();
    redis = createRedis({ url: server.url, commandTimeoutMs: 200, logger });
    await redis.ping(5_000);
  });
  afterEach(async () => {
    server.thaw();
    await redis.close();
    await server.kill();
  });

  it('is unavailable at once while Redis is dead, throws nowhere, counts it, and works again afterwards', async () => {
    const metrics = createMetrics({ service: 'test' });
    const store = createClaimStore({ redis, incarnation: 'i', metrics });
    await server.kill();
    const startedAt = performance.now();
    expect(await store.claim(key)).toMatchObject({ outcome: 'unavailable', cause: expect.anything() });
    expect(await store.renew(key, 't')).toBe(true);
    await store.confirm(key, 't');
    await store.release(key, 't');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    const { values } = await metrics.counter(METRICS.dedupFallbackTotal).get();
    expect(values.map(({ labels, value }) => [labels.operation, value])).toEqual([
      ['claim', 1],
      ['renew', 1],
      ['confirm', 1],
      ['release', 1],
    ]);
    await expect(redis.ping(100)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });

    await server.start();
    await waitFor(async () => (await store.claim(key)).outcome === 'claimed', { description: 'Redis to be back' });
  });

  it('is unavailable within the time while Redis hangs', async () => {
    const store = createClaimStore({ redis, incarnation: 'i', metrics: createMetrics({ service: 'test' }) });
    server.freeze();
    const startedAt = performance.now();
    expect(await store.claim(key)).toMatchObject({ outcome: 'unavailable' });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    server.thaw();
    await waitFor(async () => (await store.claim(key)).outcome !== 'unavailable', { description: 'Redis to answer again' });
  });

  it('claims anew after a flush, of data and of scripts', async () => {
    const store = createClaimStore({ redis, incarnation: 'i', metrics: createMetrics({ service: 'test' }) });
    await store.confirm(key, 't');
    await redis.client.flushall();
    await redis.client.script('FLUSH');
    const claim = await store.claim(key);
    expect(claim).toMatchObject({ outcome: 'claimed', attempt: 1 });
  });
});
