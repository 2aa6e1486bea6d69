import { createLogger, createMetrics, METRICS } from '@throughline/telemetry';
import { createRedisServer, type RedisServer, stackAddresses, testPrefix, waitFor } from '@throughline/testing';
import { createRedis, type RedisConnection } from './create-redis.ts';
import { createRateLimiter } from './rate-limiter.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
const HOUR_MS = 3_600_000;

describe('on the stack', () => {
  let redis: RedisConnection;

  beforeAll(async () => {
    redis = createRedis({ url: stackAddresses().redisUrl, logger });
    await redis.ping(5_000);
  });
  afterAll(() => redis.close());

  it('lets the limit through, for all replicas together, and refuses what is above it with the time to wait', async () => {
    const prefix = testPrefix();
    const metrics = createMetrics({ service: 'test' });
    const replicas = [
      createRateLimiter({ redis, prefix, incarnation: 'i-1', logger, metrics }),
      createRateLimiter({ redis, prefix, incarnation: 'i-1', logger, metrics }),
    ];
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, index) => replicas[index % 2]?.consume({ key: 'a', limit: 20, windowMs: HOUR_MS })),
    );
    expect(results.filter((result) => result?.isAllowed)).toHaveLength(20);
    for (const result of results.filter((each) => each?.isAllowed === false)) {
      expect(result?.remaining).toBe(0);
      expect(result?.retryAfterMs).toBeGreaterThan(0);
      expect(result?.retryAfterMs).toBeLessThanOrEqual(2 * HOUR_MS);
    }
    expect(await replicas[0]?.consume({ key: 'b', limit: 20, windowMs: HOUR_MS })).toMatchObject({
      isAllowed: true,
      remaining: 19,
    });
    expect((await metrics.counter(METRICS.rateLimiterRefusedTotal).get()).values).toMatchObject([{ value: 10 }]);
  });

  it('does not believe what was counted for a former database', async () => {
    const shared = { redis, prefix: testPrefix(), logger, metrics: createMetrics({ service: 'test' }) };
    const request = { key: 'a', limit: 1, windowMs: HOUR_MS };
    await createRateLimiter({ ...shared, incarnation: 'i-1' }).consume(request);
    expect(await createRateLimiter({ ...shared, incarnation: 'i-1' }).consume(request)).toMatchObject({ isAllowed: false });
    expect(await createRateLimiter({ ...shared, incarnation: 'i-2' }).consume(request)).toMatchObject({ isAllowed: true });
  });

  it('lets through again when the time is over, and no sooner than it said', async () => {
    const limiter = createRateLimiter({
      redis,
      prefix: testPrefix(),
      incarnation: 'i-1',
      logger,
      metrics: createMetrics({ service: 'test' }),
    });
    const request = { key: 'a', limit: 2, windowMs: 300 };
    await limiter.consume(request);
    await limiter.consume(request);
    const refused = await waitFor(
      async () => {
        const result = await limiter.consume(request);
        return !result.isAllowed && result;
      },
      { description: 'a refusal', intervalMs: 1 },
    );
    const startedAt = performance.now();
    await waitFor(async () => (await limiter.consume(request)).isAllowed, { description: 'the window to slide', intervalMs: 5 });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(refused.retryAfterMs - 30);
  });
});

describe('with a Redis that is killed', () => {
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

  it('counts in memory against half the limit, says so, and goes back to Redis', async () => {
    const metrics = createMetrics({ service: 'test' });
    const limiter = createRateLimiter({ redis, prefix: 'login', incarnation: 'i-1', logger, metrics, now: () => HOUR_MS });
    const allowed = async (key: string, calls: number) => {
      const results = await Promise.all(
        Array.from({ length: calls }, () => limiter.consume({ key, limit: 10, windowMs: HOUR_MS })),
      );
      return results.filter((result) => result.isAllowed).length;
    };
    expect(await allowed('a', 12)).toBe(10);
    await server.kill();
    expect(await allowed('a', 12)).toBe(5);
    expect((await metrics.counter(METRICS.rateLimiterFallbackTotal).get()).values).toMatchObject([
      { labels: { limiter: 'login' }, value: 12 },
    ]);
    await server.start();
    await waitFor(() => redis.ping(1_000).then(() => true), { description: 'Redis to be back' });
    expect(await allowed('b', 12)).toBe(10);
  });
});
