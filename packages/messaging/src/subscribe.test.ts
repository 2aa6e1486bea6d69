import { EventError } from '@throughline/events';
import { waitFor } from '@throughline/testing';
import { jsonCodec, newMetrics, silentLogger, thing, thingContracts } from '../test/fixtures.ts';
import { createManualClock } from '../test/manual-clock.ts';
import { createInMemoryClaimStore } from './in-memory/in-memory-claim-store.ts';
import { createInMemoryDriver, type InMemoryDriver } from './in-memory/in-memory-driver.ts';
import { createInMemoryInbox, type InMemoryTransaction } from './in-memory/in-memory-inbox.ts';
import type { ConsumerState } from './messaging-driver.ts';
import { type SubscribeOptions, subscribe } from './subscribe.ts';
import type { EventHandler } from './subscription.ts';
import { subscriptionTopics } from './subscription-topics.ts';
import { watchConsumer } from './watch-consumer.ts';

const GROUP = 'test.things';
const RETRY = { inlineTries: 1, inlineDelayMs: 1, delays: ['20ms', '40ms'] };

async function setUp(handler: EventHandler<InMemoryTransaction>, driver: InMemoryDriver = createInMemoryDriver()) {
  const inbox = createInMemoryInbox();
  await driver.ensureTopics([{ topic: 'things.v1' }, ...subscriptionTopics({ group: GROUP, retry: RETRY })], { create: true });
  const start = (overrides: Partial<SubscribeOptions<InMemoryTransaction>> = {}) =>
    subscribe({
      subscription: {
        group: GROUP,
        topics: ['things.v1'],
        codec: jsonCodec,
        contracts: thingContracts,
        handlers: { THING_HAPPENED: handler },
        order: 'none',
        retry: RETRY,
      },
      driver,
      inbox,
      claims: createInMemoryClaimStore(),
      logger: silentLogger,
      metrics: newMetrics(),
      ...overrides,
    });
  const producer = await driver.createProducer({ name: 'test' });
  const send = (topic: string) =>
    producer.send([{ topic, key: 'k', value: jsonCodec.encode(thing()), headers: {} }], { timeoutMs: 1000 });
  return { driver, inbox, start, send };
}

describe('subscribe', () => {
  it('handles, retries through the topics, and gives up as a dead letter', async () => {
    let tries = 0;
    const { inbox, start, send, driver } = await setUp(async () => {
      tries += 1;
      throw new EventError('HANDLER_FAILED', 'no', { retryable: true });
    });
    const subscription = await start();
    await send('things.v1');
    await waitFor(() => inbox.deadLetters.length === 1, { description: 'the dead letter' });
    expect(tries).toBe(3);
    expect(driver.records(`${GROUP}.retry.40ms`)).toHaveLength(1);
    await waitFor(() => subscription.state().lag === 0n, { description: 'no lag' });
    await subscription.stop();
  });

  it('reads on what is left in the retry topic of a delay that was removed', async () => {
    const driver = createInMemoryDriver();
    await driver.ensureTopics([{ topic: `${GROUP}.retry.1h` }, { topic: `${GROUP}.retry.not-a-delay` }], { create: true });
    let handled = 0;
    const { start, send } = await setUp(async () => {
      handled += 1;
    }, driver);
    await send(`${GROUP}.retry.1h`);
    const subscription = await start();
    await waitFor(() => handled === 1, { description: 'the record of the removed delay' });
    await subscription.stop();
  });

  it.each([
    [{ drainDeadlineMs: 70_000 }, 'drainDeadlineMs (70000) must be below rebalanceTimeoutMs (60000)'],
    [{ progressTimeoutMs: 10_000 }, 'handlerTimeoutMs (15000) must be below progressTimeoutMs (10000)'],
    [{ leaseRenewalMs: 5000 }, 'leaseRenewalMs (5000) must be at most a third of leaseMs (10000)'],
  ])('refuses %j at start', async (overrides, message) => {
    const { start } = await setUp(async () => {});
    await expect(start(overrides)).rejects.toThrow(message);
  });

  it('refuses a handler whose events have no contract', async () => {
    const { start } = await setUp(async () => {});
    const subscription = {
      group: GROUP,
      topics: [],
      codec: jsonCodec,
      contracts: thingContracts,
      handlers: { OTHER: async () => {} },
      order: 'none',
    } as const;
    await expect(start({ subscription })).rejects.toThrow('test.things handles OTHER');
  });
});

describe('dead-letter topics', () => {
  it('are refused with fewer partitions than a topic that is read', async () => {
    const driver = createInMemoryDriver();
    await driver.ensureTopics([{ topic: 'things.v1', partitions: 12 }], { create: true });
    const { start } = await setUp(async () => {}, driver);
    await expect(start()).rejects.toMatchObject({
      code: 'CONFIGURATION_REFUSED',
      message: expect.stringContaining('test.things.dlq has 6 partitions and things.v1 has 12'),
    });
  });
});

const stuck: ConsumerState = {
  isJoined: true,
  inFlight: 0,
  pausedPartitions: 0,
  haltedPartitions: 0,
  queued: 0,
  lastProgressAtMs: 1_000_000,
  lag: 5n,
  dueLag: 5n,
};

describe('a consumer’s gauges', () => {
  it('show by topic how many records it is behind, and the age of the oldest', async () => {
    const metrics = newMetrics();
    const topics = new Map([['things.v1', { lag: 5n, oldestTimestampMs: 998_500 }]]);
    const state = { ...stuck, haltedPartitions: 1, topics };
    const watch = watchConsumer({
      consumer: { state: () => state, stop: async () => {} },
      group: GROUP,
      metrics,
      clock: createManualClock(1_000_000),
      progressTimeoutMs: 60_000,
    });
    watch.stop();
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/consumer_lag_records\{.*messaging_destination_name="things.v1".*\} 5\n/);
    expect(text).toMatch(/consumer_lag_seconds\{.*messaging_destination_name="things.v1".*\} 1.5\n/);
    expect(text).toMatch(/consumer_halted_partitions\{.*\} 1\n/);
  });
});

describe('the gauges of a topic that left this member', () => {
  it('go with it', async () => {
    const metrics = newMetrics();
    const progress = { lag: 5n, oldestTimestampMs: undefined };
    let topics = new Map([
      ['things.v1', progress],
      ['others.v1', progress],
    ]);
    const consumer = { state: () => ({ ...stuck, topics }), stop: async () => {} };
    const clock = createManualClock(1_000_000);
    const watch = watchConsumer({ consumer, group: GROUP, metrics, clock, progressTimeoutMs: 60_000 });
    topics = new Map([['things.v1', progress]]);
    await clock.advance(1000);
    watch.stop();
    const text = await metrics.registry.metrics();
    expect(text).toContain('things.v1');
    expect(text).not.toContain('others.v1');
  });
});

describe('liveness', () => {
  it.each<[string, Partial<ConsumerState>, number, boolean]>([
    ['stands still with lag for long', {}, 60_000, false],
    ['stood still for a short time', {}, 59_999, true],
    ['has no lag', { lag: 0n, dueLag: 0n }, 60_000, true],
    ['does not know its lag', { lag: undefined, dueLag: undefined }, 60_000, true],
    ['has work in flight', { inFlight: 1 }, 60_000, true],
    ['only waits for a retry that is not due', { pausedPartitions: 1, dueLag: 0n }, 60_000, true],
    ['stands still while a retry waits', { pausedPartitions: 1, dueLag: 1n }, 60_000, false],
    ['is halted for a person', { haltedPartitions: 1, dueLag: 0n }, 60_000, true],
    ['stands still beside a halted partition', { haltedPartitions: 1, dueLag: 1n }, 60_000, false],
    ['is without its group', { isJoined: false }, 60_000, true],
  ])('a consumer that %s', async (_, change, afterMs, expected) => {
    const clock = createManualClock(1_000_000);
    const consumer = { state: () => ({ ...stuck, ...change }), stop: async () => {} };
    const watch = watchConsumer({ consumer, group: GROUP, metrics: newMetrics(), clock, progressTimeoutMs: 60_000 });
    await clock.advance(afterMs);
    expect(watch.isLive()).toBe(expected);
    watch.stop();
  });
});
