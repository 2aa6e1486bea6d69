import { createLogger } from '@throughline/telemetry';
import { createRedisServer, type RedisServer, testPrefix, waitFor } from '@throughline/testing';
import { createRedis, type RedisConnection } from './create-redis.ts';
import { createWakeUps } from './wake-ups.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
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

it('reaches a listener, also after Redis was killed and is back', async () => {
  const wakeUps = createWakeUps({ redis, channel: testPrefix() });
  let heard = 0;
  const unsubscribe = wakeUps.subscribe(() => {
    heard += 1;
  });
  const publishUntilHeard = () =>
    waitFor(
      () => {
        wakeUps.publish();
        return heard > 0;
      },
      { description: 'a wake-up' },
    );
  try {
    await publishUntilHeard();
    await server.kill();
    wakeUps.publish();
    heard = 0;
    await server.start();
    await publishUntilHeard();
  } finally {
    await unsubscribe();
  }
});

it('makes few messages of many calls, the last of which is heard', async () => {
  const channel = testPrefix();
  const wakeUps = createWakeUps({ redis, channel });
  const listener = redis.client.duplicate({ enableOfflineQueue: true });
  let heard = 0;
  listener.on('message', () => {
    heard += 1;
  });
  try {
    await listener.subscribe(channel);
    await redis.ping(5_000);
    for (let call = 0; call < 1_000; call += 1) wakeUps.publish();
    await waitFor(() => heard === 2, { description: 'the first message and the one after it' });
    await redis.client.publish(channel, 'end');
    await waitFor(() => heard >= 3, { description: 'the end' });
    expect(heard).toBe(3);
  } finally {
    listener.disconnect();
  }
});
