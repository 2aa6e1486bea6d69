import { createKafkaDriver } from '@throughline/kafka';
import {
  type ClaimStore,
  type Inbox,
  type MessagingDriver,
  type RunningSubscription,
  type Subscription,
  subscribe,
  subscriptionTopics,
  type TopicDeclaration,
} from '@throughline/messaging';
import { createInbox, createOutbox, createRelay, type PostgresOutbox, type Relay, type Transaction } from '@throughline/postgres';
import { createClaimStore, createWakeUps } from '@throughline/redis';
import { measureSends } from './measure-sends.ts';
import { retryWhileStarting } from './retry-while-starting.ts';
import type { ServiceRuntime } from './run-service.ts';
import {
  DEFAULT_CONNECTIONS,
  DEFAULT_PROCESSED_RETENTION_MS,
  type Stores,
  type StoresConfig,
  type StoresOptions,
  startStores,
} from './start-stores.ts';
import { checkRetention, createConcurrencyBudget } from './subscription-limits.ts';

/** Handlers that still run then are aborted; their events are delivered again. */
const HANDLER_DRAIN_MS = 8_000;
/** The last commit and the leave take milliseconds; where no broker answers the group notices by the session timeout. */
const LEAVE_GROUP_MS = 4_000;
/** A send takes 5 s at most. */
const RELAY_STOP_MS = 6_000;

export interface BackboneConfig extends StoresConfig {
  /** `host:port` each. */
  readonly kafkaBrokers: readonly string[];
  /** Create declared topics that do not exist, instead of refusing to start. */
  readonly createTopics: boolean;
}

export interface BackboneOptions extends StoresOptions {
  readonly config: BackboneConfig;
  /** Topics that the service writes to. */
  readonly publishes: readonly TopicDeclaration[];
}

/** Everything between a service's domain and Postgres, Redis and Kafka. */
export interface Backbone extends Stores {
  readonly driver: MessagingDriver;
  readonly outbox: PostgresOutbox;
  readonly inbox: Inbox<Transaction>;
  readonly claims: ClaimStore;
  readonly relay: Relay;
  /**
   * Declares the subscription's own topics, starts its consumer, and ties it to the service's readiness, liveness and stop. Without a `concurrency` of its own it
   * gets what the pool has left, at most 32.
   * @throws {EventError} `CONFIGURATION_REFUSED` for a concurrency above the pool, or a source topic that is kept longer than events are known as processed
   */
  subscribe(subscription: Subscription<Transaction>): Promise<RunningSubscription>;
}

/**
 * Connects a service to its stores and to Kafka, with migrations, topics, relay and cleaner, each with its health check and its release.
 * Waits up to a minute for what is not up yet. Postgres is needed to be ready; Redis and, once the service has started, Kafka may be away: events wait in the outbox.
 * @throws {EventError} when something is still away after that, or `TOPIC_MISSING` naming the topics.
 *
 * @example
 * const { database, outbox } = await startBackbone({ runtime, config, name: 'storage.bucket', migrations, publishes: [{ topic: 'storage.bucket.v1' }] });
 */
export function startBackbone(options: BackboneOptions): Promise<Backbone>;
/** Without `kafkaBrokers` and `publishes`: the stores alone, for a service that has no events. */
export function startBackbone(options: StoresOptions): Promise<Stores>;
export function startBackbone(options: BackboneOptions | StoresOptions): Promise<Stores> {
  return 'publishes' in options ? startWithEvents(options) : startStores(options);
}

async function startWithEvents(options: BackboneOptions): Promise<Backbone> {
  const { runtime, name, config } = options;
  const stores = await startStores(options);
  const kafka = createKafkaDriver({ brokers: [...config.kafkaBrokers], clientId: name, logger: runtime.logger });
  const driver = measureSends(kafka, runtime.metrics);
  runtime.onStop('kafka', () => driver.close());
  runtime.addReadiness('kafka', () => driver.ping(1_500), { isRequired: false });
  const ensureTopics = (topics: readonly TopicDeclaration[]) =>
    retryWhileStarting({ subject: 'kafka', ...runtime }, () => driver.ensureTopics(topics, { create: config.createTopics }));
  await ensureTopics(options.publishes);

  const relay = createRelay({ database: stores.upkeep, driver, name, logger: runtime.logger, metrics: runtime.metrics });
  const wake = startRelay(relay, stores, options);
  const inbox = createInbox({ database: stores.database, wake });
  const claims = createClaimStore({ redis: stores.redis, incarnation: stores.incarnation, metrics: runtime.metrics });
  const budget = createConcurrencyBudget(config.databaseConnections ?? DEFAULT_CONNECTIONS);
  return {
    ...stores,
    driver,
    outbox: createOutbox({ wake }),
    inbox,
    claims,
    relay,
    subscribe: async (declared) => {
      checkRetention(declared, {
        processedRetentionMs: config.processedRetentionMs ?? DEFAULT_PROCESSED_RETENTION_MS,
        declared: options.publishes,
      });
      const subscription = { ...declared, concurrency: budget.take(declared) };
      await ensureTopics(subscription.topics.map((topic) => ({ topic })));
      const counts = await Promise.all(subscription.topics.map((topic) => driver.partitionCount(topic)));
      await ensureTopics(subscriptionTopics(subscription, Math.max(...counts)));
      const { logger, metrics } = runtime;
      const running = await subscribe({
        subscription,
        driver,
        inbox,
        claims,
        logger,
        metrics,
        drainDeadlineMs: HANDLER_DRAIN_MS,
      });
      watch(runtime, subscription.group, running);
      return running;
    },
  };
}

/** The owner of a shard may be another replica: a commit wakes the relay here and, through Redis, those elsewhere. */
function startRelay(relay: Relay, stores: Stores, { runtime, name }: BackboneOptions): () => void {
  const wakeUps = createWakeUps({ redis: stores.redis, channel: `outbox:${name}:${stores.incarnation}` });
  const unsubscribe = wakeUps.subscribe(() => relay.wake());
  runtime.onStop('wake-ups', unsubscribe);
  relay.start();
  runtime.onStop('relay', () => relay.stop(), { atMostMs: RELAY_STOP_MS });
  return () => {
    relay.wake();
    wakeUps.publish();
  };
}

/** Joining once is enough to be ready: a rebalance of the group must not take a service out of traffic. */
function watch(runtime: ServiceRuntime, group: string, running: RunningSubscription): void {
  // Beside the requests under way: neither needs the other, and the platform's patience is short.
  runtime.onStop(`subscription ${group}`, () => running.stop(), {
    atMostMs: HANDLER_DRAIN_MS + LEAVE_GROUP_MS,
    beginsAtOnce: true,
  });
  let hasJoined = false;
  runtime.addReadiness(`subscription ${group}`, () => {
    hasJoined ||= running.state().isJoined;
    if (!hasJoined) throw new Error('has not joined its group yet');
  });
  runtime.addLiveness(`subscription ${group}`, () => {
    if (!running.isLive()) throw new Error('makes no progress although records wait');
  });
}
