import { createLogger } from '@throughline/telemetry';
import {
  createRedisServer,
  queueMembersSuite,
  type RedisServer,
  stackAddresses,
  testPrefix,
  waitFor,
} from '@throughline/testing';
import { createRedis, type RedisConnection } from './create-redis.ts';
import { createQueueMembers } from './queue-members.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });

describe('on the stack', () => {
  const prefix = testPrefix('queue');
  let redis: RedisConnection;

  beforeAll(async () => {
    redis = createRedis({ url: stackAddresses().redisUrl, logger });
    await redis.ping(5_000);
  });
  afterAll(() => redis.close());

  queueMembersSuite({ createMembers: ({ staleAfterMs }) => createQueueMembers({ redis, prefix, staleAfterMs }) });

  it('leaves nothing behind of members for longer than they count, and of dead letters for longer than a day', async () => {
    const members = createQueueMembers({ redis, prefix });
    await members.tell('expires', 'a', { inFlight: 1 });
    await members.tellDeadLetters('expires', 1);
    const [ofMembers, ofDeadLetters] = await Promise.all(
      ['members', 'dead-letters'].map((part) => redis.client.pttl(`${prefix}:{expires}:${part}`)),
    );
    expect(ofMembers).toBeGreaterThan(10_000);
    expect(ofMembers).toBeLessThanOrEqual(15_000);
    expect(ofDeadLetters).toBeGreaterThan(86_000_000);
    expect(ofDeadLetters).toBeLessThanOrEqual(86_400_000);
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

  it.each(['dead', 'frozen'])('knows nothing, throws nowhere, and knows again when it is back: %s', async (how) => {
    const members = createQueueMembers({ redis });
    await members.tell('g', 'a', { inFlight: 1 });
    await members.tellDeadLetters('g', 4);
    if (how === 'dead') await server.kill();
    else server.freeze();
    await members.tell('g', 'a', { inFlight: 2 });
    await members.leave('g', 'b');
    await members.tellDeadLetters('g', 5);
    expect(await members.members('g')).toBeUndefined();
    expect(await members.deadLetters('g')).toBeUndefined();
    if (how === 'dead') await server.start();
    else server.thaw();
    // A connection that is about to be replaced refuses at once.
    await waitFor(() => redis.ping(1_000).then(() => true), { description: 'Redis to be back' });
    await members.tell('g', 'a', { inFlight: 3 });
    expect(await members.members('g')).toEqual([{ inFlight: 3, finishedAhead: 0 }]);
  });
});
