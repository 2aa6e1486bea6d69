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
    await before.confirm([{ key, token: 'any' }]);
    expect(await before.claim([key])).toEqual([{ outcome: 'done' }]);
    expect(await createClaimStore({ redis, incarnation: testPrefix(), metrics }).claim([key])).toMatchObject([
      { outcome: 'claimed' },
    ]);
  });

  it('forgets what is done after its time', async () => {
    const store = createClaimStore({ redis, incarnation: testPrefix(), metrics, doneTtlMs: 50 });
    await store.confirm([{ key, token: 'any' }]);
    await waitFor(async () => (await store.claim([key]))[0]?.outcome === 'claimed', {
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

  it('is unavailable at once while Redis is dead, however many are asked for, throws nowhere, counts it, and works again afterwards', async () => {
    const metrics = createMetrics({ service: 'test' });
    const store = createClaimStore({ redis, incarnation: 'i', metrics });
    const keys = Array.from({ length: 1_100 }, (_, index) => ({ ...key, id: `e-${index}` }));
    const claims = keys.map((each) => ({ key: each, token: 't' }));
    await server.kill();
    const startedAt = performance.now();
    expect(await store.claim(keys)).toEqual(keys.map(() => ({ outcome: 'unavailable', cause: expect.anything() })));
    expect(await store.renew(claims)).toEqual([]);
    await store.confirm(claims);
    await store.release(claims);
    await store.forgetAttempts(keys);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    const { values } = await metrics.counter(METRICS.dedupFallbackTotal).get();
    const operations = ['claim', 'renew', 'confirm', 'release', 'forget'];
    expect(values.map(({ labels, value }) => [labels.operation, value])).toEqual(operations.map((each) => [each, 1_100]));
    await expect(redis.ping(100)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });

    await server.start();
    await waitFor(async () => (await store.claim([key]))[0]?.outcome === 'claimed', { description: 'Redis to be back' });
  });

  it('is unavailable within the time of one command while Redis hangs, however many are asked for', async () => {
    const store = createClaimStore({ redis, incarnation: 'i', metrics: createMetrics({ service: 'test' }) });
    server.freeze();
    const startedAt = performance.now();
    const results = await store.claim(Array.from({ length: 2_600 }, (_, index) => ({ ...key, id: `e-${index}` })));
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['unavailable']));
    expect(performance.now() - startedAt).toBeLessThan(800);
    server.thaw();
    await waitFor(async () => (await store.claim([key]))[0]?.outcome !== 'unavailable', {
      description: 'Redis to answer again',
    });
  });

  it('claims anew after a flush, of data and of scripts', async () => {
    const store = createClaimStore({ redis, incarnation: 'i', metrics: createMetrics({ service: 'test' }) });
    await store.confirm([{ key, token: 't' }]);
    await redis.client.flushall();
    await redis.client.script('FLUSH');
    expect(await store.claim([key])).toMatchObject([{ outcome: 'claimed', attempt: 1 }]);
  });

  it('keeps no value without an end', async () => {
    const store = createClaimStore({ redis, incarnation: 'i', metrics: createMetrics({ service: 'test' }) });
    const keys = ['held', 'released', 'renewed', 'done', 'forgotten'].map((id) => ({ ...key, id }));
    const results = await store.claim(keys);
    const claims = keys.map((each, index) => ({ key: each, token: (results[index] as { token: string }).token }));
    await store.release(claims.slice(1, 2));
    await store.renew(claims.slice(2, 3));
    await store.confirm(claims.slice(3, 4));
    await store.forgetAttempts(keys.slice(4));
    const names = await redis.client.keys('*');
    expect(names).toHaveLength(5);
    for (const name of names) expect(await redis.client.pttl(name)).toBeGreaterThan(0);
  });
});
