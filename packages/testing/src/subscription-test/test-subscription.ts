import type { Event } from '@throughline/events';
import {
  createDirectPublisher,
  createInMemoryClaimStore,
  createInMemoryDriver,
  type DeadLetter,
  type EventOutcome,
  type EventOutcomeName,
  type InMemoryTransaction,
  type NewEvent,
  type Outbox,
  type OutboxMessage,
  type Subscription,
  subscribe,
  subscriptionTopics,
} from '@throughline/messaging';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createInMemoryStores } from './in-memory-stores.ts';
import { passTimeUntil } from './pass-time-until.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { watchHandlers } from './watch-handlers.ts';

export interface SubscriptionTestOptions<Tx> {
  /** Declares what is tested; handlers that publish do it through a publisher over this outbox. */
  readonly subscription: (tools: { readonly outbox: Outbox<Tx> }) => Subscription<Tx>;
  /** What handlers get as `tx`, an object of its own for each transaction; what they change takes effect in `onCommit`. (Default: the transaction in memory itself) */
  readonly toTransaction?: (tx: InMemoryTransaction) => Tx;
  /** Topics that exist, for a subscription that names patterns. (Default: those it names) */
  readonly topics?: readonly string[];
  /** (Default: 2026-01-01T00:00:00Z) */
  readonly startsAt?: Date;
}

/** An event that arrives. */
export interface ArrivingEvent extends NewEvent<unknown> {
  /** Who published it, e.g. `OBJECT_SERVICE`. */
  readonly source: string;
  /** (Default: the first topic of the subscription) */
  readonly topic?: string;
}

/** What a handler published, as it would travel. */
export interface PublishedEvent extends Pick<OutboxMessage, 'id' | 'type' | 'topic' | 'key'> {
  readonly event: Event;
}

/** What became of an event. */
export interface ArrivalResult {
  /** In the end: `handled`, `released` (handled after a wait in the parking lot), `duplicate`, `dead-lettered`, `parked` (behind one that waits for a person), or `skipped` (no handler for its type). */
  readonly outcome: EventOutcomeName | 'skipped';
  /** All that was told of it on the way, e.g. `retried` twice and `handled`. */
  readonly outcomes: readonly EventOutcomeName[];
  /** Tries, the last one included; 0 when none was begun. */
  readonly attempts: number;
  /** By transactions that committed meanwhile, in order. */
  readonly published: readonly PublishedEvent[];
  readonly deadLetter: DeadLetter | undefined;
}

/** A subscription at work over stores in memory. */
export interface SubscriptionTest {
  /** Events that arrived and were handled before. @throws {Error} naming the first that was not */
  given(...events: readonly ArrivingEvent[]): Promise<void>;
  /** Lets an event arrive, and time pass until nothing more happens to it by itself: delays of retries cost none of the test's. */
  when(event: ArrivingEvent): Promise<ArrivalResult>;
  close(): Promise<void>;
}

const FINAL: ReadonlySet<EventOutcomeName> = new Set(['handled', 'released', 'duplicate', 'dead-lettered', 'discarded']);
/**
 * Tests a subscription as it will run: contracts, duplicates, retries, order of keys and dead letters are those of production, over a broker and stores in memory.
 *
 * @example
 * const test = await testSubscription({ subscription: ({ outbox }) => createSubscription({ orders, publisher: createPublisher(outbox) }) });
 * await test.given({ type: 'ORDER_PLACED', source: 'ORDER_SERVICE', key: 'o-1', data: order });
 * const { outcome, published } = await test.when({ type: 'PAYMENT_RECEIVED', source: 'PAYMENT_SERVICE', key: 'o-1', data: payment });
 * expect(outcome).toBe('handled');
 * expect(published).toMatchObject([{ type: 'ORDER_PAID', key: 'o-1' }]);
 * await test.close();
 */
export async function testSubscription<Tx extends object = InMemoryTransaction>(
  options: SubscriptionTestOptions<Tx>,
): Promise<SubscriptionTest> {
  const { toTransaction = (tx: InMemoryTransaction) => ({ ...tx }) as unknown as Tx } = options;
  const clock = createVirtualClock((options.startsAt ?? new Date('2026-01-01T00:00:00Z')).getTime());
  const stores = createInMemoryStores({ clock, toTransaction });
  const { watched: subscription, running: handlersRunning } = watchHandlers(options.subscription(stores));
  const driver = createInMemoryDriver({ clock });
  const logger = createLogger({ name: 'subscription-test', level: 'fatal' });
  const metrics = createMetrics({ service: 'subscription-test' });
  const topics = options.topics ?? subscription.topics;
  const own = subscriptionTopics(subscription, 1);
  await driver.ensureTopics([...topics.map((topic) => ({ topic, partitions: 1 })), ...own], { create: true });
  const told: EventOutcome[] = [];
  const running = await subscribe({
    subscription,
    driver,
    ...stores,
    claims: createInMemoryClaimStore({ clock }),
    outcomes: { tell: ({ events }) => told.push(...events) },
    logger,
    metrics,
    clock,
    random: () => 0.5,
  });

  const arrive = async ({ source, topic = topics[0] ?? '', ...event }: ArrivingEvent): Promise<Event> => {
    const { codec, contracts } = subscription;
    const publisher = createDirectPublisher({
      ...{ driver, name: 'arrivals', source, codec, contracts, clock, metrics, logger },
      destination: () => ({ topic }),
    });
    const arrived = await publisher.publish(event);
    await publisher.close(0);
    return arrived;
  };
  const isDone = async (id: string, since: number): Promise<boolean> => {
    const last = told.slice(since).findLast(({ eventId }) => eventId === id)?.outcome;
    const isEmpty = running.state().lag === 0n && running.state().inFlight === 0;
    if (last === undefined) return isEmpty;
    if (last !== 'parked') return FINAL.has(last);
    const { blockedKeys, deadKeys } = await stores.parking.counts(subscription.group);
    return blockedKeys === deadKeys && isEmpty;
  };
  const isIdle = () => running.state().inFlight === 0;
  const toPublished = ({ id, type, topic, key, payload }: OutboxMessage): PublishedEvent => {
    return { id, type, topic, key, event: subscription.codec.decode(payload) };
  };
  const when: SubscriptionTest['when'] = async (given) => {
    const since = { told: told.length, published: stores.published.length };
    const { id, source } = await arrive(given);
    const hasEnded = await passTimeUntil(() => isDone(id, since.told), { clock, handlersRunning, isIdle });
    const own = told.slice(since.told).filter((each) => each.eventId === id);
    if (!hasEnded) throw new Error(`Event ${id} came to no end; so far: ${own.map(({ outcome }) => outcome).join(', ')}`);
    const isTheirs = (letter: DeadLetter) => letter.eventId === id && letter.source === source;
    return {
      outcome: own.at(-1)?.outcome ?? 'skipped',
      outcomes: own.map(({ outcome }) => outcome),
      attempts: own.at(-1)?.attempt ?? 0,
      published: stores.published.slice(since.published).map(toPublished),
      deadLetter: stores.deadLetters.find(isTheirs),
    };
  };
  return {
    when,
    given: async (...events) => {
      for (const event of events) {
        const { outcome, deadLetter } = await when(event);
        if (outcome === 'handled' || outcome === 'released') continue;
        throw new Error(`Given ${event.type} was ${outcome}: ${deadLetter?.error.message ?? ''}`);
      }
    },
    close: async () => {
      await running.stop();
      await driver.close();
    },
  };
}
