import { METRICS } from '@throughline/telemetry';
import { createRedisServer, type RedisServer, stackAddresses, testPrefix } from '@throughline/testing';
import { type IntakeApi, type Reply, startIntakeApi } from '../test/start-intake-api.ts';

const OTHER = 'b2cf8d1a-3c33-4f12-956e-576a8a17d871';

let redis: RedisServer;
const opened: IntakeApi[] = [];

beforeAll(async () => {
  redis = await createRedisServer();
});
afterEach(async () => {
  for (const api of opened.splice(0)) await api.close();
  await redis.kill();
});

async function start(options: {
  readonly redisUrl: string;
  readonly ratePerSecond: number;
  readonly burst: number;
}): Promise<IntakeApi> {
  const api = await startIntakeApi({
    kafkaBrokers: stackAddresses().kafkaBrokers,
    redisUrl: options.redisUrl,
    prefix: testPrefix('intake'),
    clientRatePerSecond: options.ratePerSecond,
    clientBurst: options.burst,
  });
  opened.push(api);
  return api;
}

const placeMany = (api: IntakeApi, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => api.place({ orderId: `order-${index}`, amount: 1 })));
const idsOf = (replies: readonly Reply[]) =>
  replies.flatMap(({ status, body }) => (status === 200 ? [body.eventId as string] : [])).sort();

it('refuses a client above its rate with the time to wait, others not, and publishes nothing of what it refused', async () => {
  const api = await start({ redisUrl: stackAddresses().redisUrl, ratePerSecond: 0.1, burst: 10 });
  await api.place({ amount: -1 });
  const replies = await placeMany(api, 30);
  const refused = replies.filter(({ status }) => status === 429);
  expect(replies.length - refused.length).toBeGreaterThanOrEqual(10);
  expect(replies.length - refused.length).toBeLessThanOrEqual(12);
  for (const { headers, body } of refused) {
    expect(body.code).toBe('rate_limited');
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(10);
    expect(headers.get('x-event-id')).toBeNull();
  }
  expect(await api.place({ amount: 1, orderId: 'other' }, { as: OTHER })).toMatchObject({ status: 200 });
  const events = await api.published();
  expect(
    events
      .map(({ eventId }) => eventId as string)
      .filter((id) => idsOf(replies).includes(id))
      .sort(),
  ).toEqual(idsOf(replies));
  expect(events).toHaveLength(idsOf(replies).length + 1);
});

it('goes on without Redis, at half of the rate', async () => {
  const api = await start({ redisUrl: redis.url, ratePerSecond: 0.1, burst: 20 });
  const replies = await placeMany(api, 30);
  expect(idsOf(replies)).toHaveLength(10);
  expect(replies.filter(({ status }) => status === 429)).toHaveLength(20);
  const { values } = await api.metrics.counter(METRICS.rateLimiterFallbackTotal).get();
  expect(values).toMatchObject([{ value: 30 }]);
  expect(await api.published()).toHaveLength(10);
});

it('loses Redis and finds it again while it accepts', async () => {
  await redis.start();
  const api = await start({ redisUrl: redis.url, ratePerSecond: 1_000, burst: 2_000 });
  expect(idsOf(await placeMany(api, 20))).toHaveLength(20);
  redis.freeze();
  expect(idsOf(await placeMany(api, 40))).toHaveLength(40);
  await redis.kill();
  expect(idsOf(await placeMany(api, 20))).toHaveLength(20);
  await redis.start();
  expect(idsOf(await placeMany(api, 20))).toHaveLength(20);
});
