import { createLogger, createMetrics, METRICS } from '@throughline/telemetry';
import { createRedisServer, type RedisServer, stackAddresses, testPrefix, waitFor } from '@throughline/testing';
import { createRedis, type RedisConnection } from './create-redis.ts';
import { createTokenBucket, type TakeResult, type TokenBucket } from './token-bucket.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });

const takeMany = (bucket: TokenBucket, key: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => bucket.take(key)));
const countAllowed = (results: readonly TakeResult[]) => results.filter(({ isAllowed }) => isAllowed).length;

/** Takes without a pause for so long; from that on tokens are counted that came back meanwhile. */
async function takeFor(durationMs: number, bucket: TokenBucket, key: string): Promise<{ allowed: number; seconds: number }> {
  const startedAtMs = performance.now();
  let allowed = 0;
  while (performance.now() - startedAtMs < durationMs) allowed += countAllowed(await takeMany(bucket, key, 20));
  return { allowed, seconds: (performance.now() - startedAtMs) / 1_000 };
}

/** Answers calls when the test says so. */
class HangingRedis {
  readonly calls: (PromiseWithResolvers<[number, number]> & { readonly wanted: number })[] = [];
  readonly connection = {
    client: {
      defineCommand: () => undefined,
      takeTokens: (_key: string, _rate: number, _burst: number, wanted: number) => {
        const call = { ...Promise.withResolvers<[number, number]>(), wanted };
        this.calls.push(call);
        return call.promise;
      },
    },
  } as unknown as RedisConnection;
}

describe('on the stack', () => {
  let redis: RedisConnection;

  beforeAll(async () => {
    redis = createRedis({ url: stackAddresses().redisUrl, logger });
    await redis.ping(5_000);
  });
  afterAll(() => redis.close());

  const open = (options: { prefix?: string; ratePerSecond: number; burst: number }) => {
    const metrics = createMetrics({ service: 'test' });
    return { metrics, bucket: createTokenBucket({ prefix: testPrefix(), ...options, redis, logger, metrics }) };
  };

  it('gives the burst at once and refuses what is more with the time to wait, for each key by itself', async () => {
    const { bucket, metrics } = open({ ratePerSecond: 0.1, burst: 20 });
    const results = await takeMany(bucket, 'a', 30);
    expect(countAllowed(results)).toBe(20);
    for (const { isAllowed, retryAfterMs } of results) {
      if (isAllowed) expect(retryAfterMs).toBe(0);
      else expect(retryAfterMs).toBeGreaterThan(9_000);
    }
    expect(countAllowed(await takeMany(bucket, 'b', 5))).toBe(5);
    expect((await metrics.counter(METRICS.rateLimiterRefusedTotal).get()).values).toMatchObject([{ value: 10 }]);
    expect((await metrics.counter(METRICS.rateLimiterFallbackTotal).get()).values).toEqual([]);
  });

  it('lets all replicas together have the rate, whoever asks more', async () => {
    const shared = { prefix: testPrefix(), ratePerSecond: 400, burst: 400 };
    const replicas = [open(shared).bucket, open(shared).bucket];
    const runs = await Promise.all(replicas.map((bucket) => takeFor(1_000, bucket, 'a')));
    const allowed = runs.reduce((sum, run) => sum + run.allowed, 0);
    const seconds = Math.max(...runs.map((run) => run.seconds));
    expect(allowed).toBeLessThanOrEqual(400 + 400 * seconds + 1);
    expect(allowed).toBeGreaterThan(0.6 * (400 + 400 * seconds));
  });

  it('asks Redis for many tokens at a time, and hardly while it refuses', async () => {
    const { bucket } = open({ ratePerSecond: 1_000, burst: 100_000 });
    const callsOf = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.client.info('commandstats'))?.[1] ?? 0);
    const evalshas = await callsOf();
    for (let call = 0; call < 20_000; call += 1) await bucket.take('a');
    // Others use this Redis too: less than a tenth of what one call each would be.
    expect((await callsOf()) - evalshas).toBeLessThan(2_000);
  });

  it('takes up again when a token has come back, and no sooner than it said', async () => {
    const { bucket } = open({ ratePerSecond: 5, burst: 1 });
    await bucket.take('a');
    const refused = await bucket.take('a');
    expect(refused.isAllowed).toBe(false);
    const startedAtMs = performance.now();
    await waitFor(async () => (await bucket.take('a')).isAllowed, { description: 'a token', intervalMs: 5 });
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(refused.retryAfterMs - 20);
  });
});

describe('with a Redis that goes', () => {
  let server: RedisServer;
  let redis: RedisConnection;

  beforeAll(async () => {
    server = await createRedisServer();
    await server.start();
    redis = createRedis({ url: server.url, logger });
    await redis.ping(5_000);
  });
  afterAll(async () => {
    await redis.close();
    await server.kill();
  });

  it('gives half by itself, says so, and goes back to Redis', async () => {
    const metrics = createMetrics({ service: 'test' });
    let nowMs = 0;
    const bucket = createTokenBucket({
      redis,
      prefix: 'orders',
      ratePerSecond: 0.1,
      burst: 10,
      logger,
      metrics,
      now: () => nowMs,
    });
    expect(countAllowed(await takeMany(bucket, 'a', 12))).toBe(10);
    await server.kill();
    expect(countAllowed(await takeMany(bucket, 'b', 12))).toBe(5);
    expect((await metrics.counter(METRICS.rateLimiterFallbackTotal).get()).values).toMatchObject([
      { labels: { limiter: 'orders' }, value: 12 },
    ]);
    await server.start();
    await waitFor(() => redis.ping(1_000).then(() => true), { description: 'Redis to be back' });
    const isAlone = async () => {
      const fallbacks = async () => (await metrics.counter(METRICS.rateLimiterFallbackTotal).get()).values[0]?.value;
      const before = await fallbacks();
      nowMs += 1_001;
      await bucket.take('d');
      return (await fallbacks()) !== before;
    };
    await waitFor(async () => !(await isAlone()), { description: 'the bucket to ask Redis again', intervalMs: 5 });
    expect(countAllowed(await takeMany(bucket, 'c', 12))).toBe(10);
  });

  it('makes nobody wait for a Redis that hangs, after those who find out', async () => {
    const metrics = createMetrics({ service: 'test' });
    let nowMs = 0;
    const options = { ratePerSecond: 1_000, burst: 1_000, logger, metrics, now: () => nowMs };
    const hanging = new HangingRedis();
    const bucket = createTokenBucket({ redis: hanging.connection, prefix: 'orders', ...options });
    const finding = bucket.take('a');
    await waitFor(() => hanging.calls.length === 1, { description: 'a call', intervalMs: 1 });
    hanging.calls[0]?.reject(new Error('Command timed out'));
    await finding;
    for (nowMs = 1_500; nowMs < 10_000; nowMs += 1_500) expect((await bucket.take('a')).isAllowed).toBe(true);
    expect(hanging.calls).toHaveLength(2);
  });

  it('asks for as many tokens as calls wait, and forgets those that were served', async () => {
    const metrics = createMetrics({ service: 'test' });
    const options = { ratePerSecond: 100, burst: 1_000, logger, metrics, now: () => 0 };
    const hanging = new HangingRedis();
    const bucket = createTokenBucket({ redis: hanging.connection, prefix: 'orders', ...options });
    const first = takeMany(bucket, 'a', 1);
    await waitFor(() => hanging.calls.length === 1, { description: 'a call', intervalMs: 1 });
    const meanwhile = takeMany(bucket, 'a', 40);
    hanging.calls[0]?.resolve([41, 0]);
    await Promise.all([first, meanwhile]);
    const next = takeMany(bucket, 'a', 7);
    await waitFor(() => hanging.calls.length === 2, { description: 'a call', intervalMs: 1 });
    hanging.calls[1]?.resolve([7, 0]);
    await next;
    expect(hanging.calls.map(({ wanted }) => wanted)).toEqual([5, 7]);
  });
});
