import { type Event, EventError } from '@throughline/events';
import { inboxEntry, parkedFailure, waitFor } from '@throughline/testing';
import { jsonCodec, newMetrics, silentLogger, thing, thingContracts } from '../../test/fixtures.ts';
import { createInMemoryClaimStore } from '../in-memory/in-memory-claim-store.ts';
import { createInMemoryDriver, type InMemoryDriver } from '../in-memory/in-memory-driver.ts';
import { createInMemoryInbox, type InMemoryTransaction } from '../in-memory/in-memory-inbox.ts';
import { createInMemoryParkingLot } from '../in-memory/in-memory-parking-lot.ts';
import { InboxMemory } from '../in-memory/inbox-memory.ts';
import { type SubscribeOptions, subscribe } from './subscribe.ts';
import type { EventHandler, Subscription } from './subscription.ts';
import { subscriptionTopics } from './subscription-topics.ts';

const GROUP = 'test.things';
const RETRY = { inlineTries: 1, inlineDelayMs: 1, delays: ['20ms', '40ms'] };

async function setUp(handler: EventHandler<InMemoryTransaction>, driver: InMemoryDriver = createInMemoryDriver()) {
  const inbox = createInMemoryInbox();
  await driver.ensureTopics([{ topic: 'things.v1' }, ...subscriptionTopics({ group: GROUP, retry: RETRY })], { create: true });
  const subscription = {
    group: GROUP,
    topics: ['things.v1'],
    codec: jsonCodec,
    contracts: thingContracts,
    handlers: { THING_HAPPENED: handler },
    order: 'none',
    retry: RETRY,
  } as const satisfies Subscription<InMemoryTransaction>;
  const start = (overrides: Partial<SubscribeOptions<InMemoryTransaction>> = {}) =>
    subscribe({
      subscription,
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
  return { driver, inbox, start, send, subscription };
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

  it('asks for a producer of retries again when there was none to be had', async () => {
    const { inbox, start, send, driver } = await setUp(async () => {
      throw new Error('no');
    });
    let refusals = 0;
    const createProducer: InMemoryDriver['createProducer'] = async (options) => {
      refusals += 1;
      if (refusals === 1) throw new EventError('SEND_FAILED', 'no broker', { retryable: true });
      return driver.createProducer(options);
    };
    const subscription = await start({ driver: { ...driver, createProducer } });
    await send('things.v1');
    await waitFor(() => inbox.deadLetters.length === 1, { description: 'the dead letter, by way of the retry topics' });
    expect(refusals).toBe(2);
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

  it.each<[string, Partial<Subscription<InMemoryTransaction>>, string]>([
    [
      'order without a parking lot',
      { order: 'key' },
      "order 'key' of test.things needs a parking lot in its database: give parking, or say order 'none'",
    ],
    [
      'a type that stands in both',
      { batchHandlers: { THING_HAPPENED: async () => {} } },
      'handlers and batchHandlers of test.things both have THING_HAPPENED',
    ],
    ['no handlers', { handlers: {} }, 'handlers and batchHandlers of test.things are both empty'],
    [
      'a pattern without any contract',
      { handlers: { 'order.*': async () => {} } },
      'test.things handles order.*, for which contracts has no contract',
    ],
    [
      'batches with effects outside',
      { batchHandlers: { '#': async () => {} }, hasOutsideEffects: true },
      'hasOutsideEffects (true) of test.things',
    ],
    ['no transactions at once', { concurrency: 0 }, 'concurrency (0) of test.things must be a whole number above 0'],
    ['part of an event', { maxBatchEvents: 1.5 }, 'maxBatchEvents (1.5) of test.things must be a whole number above 0'],
    ['a longer wait than heartbeats allow', { lingerMs: 1_001 }, 'lingerMs (1001) of test.things must be'],
    ['a breaker that never closes', { breaker: { minFailureRate: 0 } }, 'breaker of test.things'],
  ])('refuses %s', async (_, change, message) => {
    const { start, subscription } = await setUp(async () => {});
    const refused = start({ subscription: { ...subscription, ...change } });
    await expect(refused).rejects.toMatchObject({ code: 'CONFIGURATION_REFUSED', message: expect.stringContaining(message) });
  });

  it('reads topics that match a pattern, also those made while it runs, and none of the backbone’s', async () => {
    const handled: string[] = [];
    const { driver, start, send, subscription } = await setUp(async () => {});
    const handlers = { THING_HAPPENED: async (event: Event) => void handled.push(event.id) };
    const running = await start({ subscription: { ...subscription, topics: ['things.*'], handlers }, topicRefreshMs: 5 });
    await driver.ensureTopics([{ topic: 'things.late.v1', partitions: 1 }, { topic: 'others.v1' }], { create: true });
    await driver.ensureTopics([{ topic: 'things.wide.v1', partitions: 12 }, { topic: 'things.x.dlq' }], { create: true });
    await send('things.late.v1');
    await waitFor(() => handled.length === 1, { description: 'the event of the new topic' });
    expect(running.sourceTopics()).toEqual(['things.late.v1']);
    expect(running.topics()).toContain(`${GROUP}.replay`);
    await running.stop();
  });

  it('leaves its group and comes back where it was', async () => {
    let handled = 0;
    const { start, send } = await setUp(async () => {
      handled += 1;
    });
    const running = await start({ claims: createInMemoryClaimStore() });
    await running.suspend();
    await running.suspend();
    expect([running.isSuspended(), running.state().isJoined, running.isLive()]).toEqual([true, false, true]);
    await send('things.v1');
    await Promise.all([running.resume(), running.resume()]);
    await waitFor(() => handled === 1, { description: 'the event sent meanwhile' });
    expect(running.isSuspended()).toBe(false);
    await running.stop();
    await running.resume();
    expect(running.isSuspended()).toBe(true);
  });

  it('does not join when it starts suspended', async () => {
    const { start } = await setUp(async () => {});
    const running = await start({ startsSuspended: true });
    expect([running.isSuspended(), running.sourceTopics()]).toEqual([true, ['things.v1']]);
    await running.resume();
    expect(running.state().isJoined).toBe(true);
    await running.stop();
  });

  it('refuses to give the order of keys up while events are parked', async () => {
    const memory = new InboxMemory();
    const parking = createInMemoryParkingLot({ memory });
    const { start } = await setUp(async () => {});
    await parking.park(inboxEntry({ group: GROUP, key: 'k' }), parkedFailure());
    await expect(start({ parking })).rejects.toThrow("order 'none' of test.things: its parking lot still has 1 events");
  });

  it('keeps the order of a key over a failure, without retry topics', async () => {
    const memory = new InboxMemory();
    let isFailing = true;
    const seen: string[] = [];
    const { start, subscription, driver } = await setUp(async () => {});
    const handlers = {
      THING_HAPPENED: async (event: Event) => {
        if (event.id === 'e0' && isFailing) throw new EventError('HANDLER_FAILED', 'not yet', { retryable: true });
        seen.push(event.id);
      },
    };
    const running = await start({
      subscription: { ...subscription, order: 'key', handlers },
      inbox: createInMemoryInbox({ memory }),
      parking: createInMemoryParkingLot({ memory }),
    });
    const producer = await driver.createProducer({ name: 'test' });
    const records = Array.from({ length: 5 }, (_, n) => ({
      topic: 'things.v1',
      key: 'k',
      value: jsonCodec.encode(thing({ id: `e${n}` })),
      headers: {},
    }));
    await producer.send(records, { timeoutMs: 1000 });
    await waitFor(() => running.state().lag === 0n, { description: 'the records to be parked' });
    expect([seen, driver.records(`${GROUP}.retry.20ms`)]).toEqual([[], []]);
    isFailing = false;
    await waitFor(() => seen.length === 5, { description: 'the key' });
    expect(seen).toEqual(['e0', 'e1', 'e2', 'e3', 'e4']);
    await running.stop();
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
