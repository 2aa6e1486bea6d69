import {
  type ClaimStore,
  createOutcomeSink,
  type Inbox,
  type MessagingDriver,
  OUTCOMES_TOPIC_DECLARATION,
  type OutcomeSink,
  type RunningSubscription,
  type Subscription,
  type TopicDeclaration,
} from '@throughline/messaging';
import {
  createInbox,
  createOutbox,
  createParkingLot,
  createParkingWatch,
  createRelay,
  type PostgresOutbox,
  type Relay,
  type Transaction,
} from '@throughline/postgres';
import { createClaimStore, createQueueMembers, createWakeUps } from '@throughline/redis';
import { type BrokerConfig, openDriver } from './open-driver.ts';
import { indexRoute } from './operations/inquiry-routes.ts';
import { startOperations } from './operations/start-operations.ts';
import { retryWhileStarting } from './retry-while-starting.ts';
import { HANDLER_DRAIN_MS, runSubscription } from './run-subscription.ts';
import {
  DEFAULT_CONNECTIONS,
  DEFAULT_PROCESSED_RETENTION_MS,
  openPool,
  type Stores,
  type StoresConfig,
  type StoresOptions,
  startStores,
} from './start-stores.ts';
import { createConcurrencyBudget } from './subscription-limits.ts';

/** A send takes 5 s at most. */
const RELAY_STOP_MS = 6_000;
/** What was told last is for people; nobody waits long for it. */
const OUTCOMES_STOP_MS = 1_500;
/** For lists, decisions and jobs, which must not take those of handlers, requests or the relay. */
const OPERATIONS_CONNECTIONS = 6;

export interface BackboneConfig extends StoresConfig, BrokerConfig {
  /** How long an event that a killed process had in work stays with it, milliseconds: the visibility timeout of a queue. Renewed while the handler runs. (Default: 10 000) */
  readonly claimLeaseMs?: number;
}

export interface BackboneOptions extends StoresOptions {
  readonly config: BackboneConfig;
  /** Topics that the service writes to. */
  readonly publishes: readonly TopicDeclaration[];
  /** Topics of other services that this one reads, as those declare them: where `createTopics` is set, whoever starts first makes them. (Default: those of the subscriptions, as nobody declares them) */
  readonly reads?: readonly TopicDeclaration[];
}

/** Everything between a service's domain and Postgres, Redis and Kafka. */
export interface Backbone extends Stores {
  readonly driver: MessagingDriver;
  readonly outbox: PostgresOutbox;
  readonly inbox: Inbox<Transaction>;
  readonly claims: ClaimStore;
  /** Where the groups tell what became of events. */
  readonly outcomes: OutcomeSink;
  readonly relay: Relay;
  /**
   * Declares the subscription's own topics, starts its consumer, and ties it to the service's readiness, liveness and stop. Without a `concurrency` of its own it
   * gets 4 of the pool, or what is left.
   * @throws {EventError} `CONFIGURATION_REFUSED` for a concurrency above the pool, or a source topic that is kept longer than events are known as processed
   */
  subscribe(subscription: Subscription<Transaction>): Promise<RunningSubscription>;
}

/**
 * Connects a service to its stores and to Kafka, with migrations, topics, relay and cleaner, each with its health check and its release.
 * Waits for each that is not up as long as a start may (`START_DEADLINE_MS`). Postgres is needed to be ready; Redis and, once the service has started, Kafka may be away: events wait in the outbox.
 * @throws {EventError} when something is still away after that, or `TOPIC_MISSING` naming the topics.
 *
 * @example
 * const { database, outbox } = await startBackbone({ runtime, config, name: 'storage.bucket', migrations, publishes: [{ topic: 'storage.bucket.v1' }] });
 */
export function startBackbone(options: BackboneOptions): Promise<Backbone>;
/** Without `kafkaBrokers` and `publishes`: the stores alone, for a service that has no events. */
export function startBackbone(options: StoresOptions): Promise<Stores>;
export function startBackbone(options: BackboneOptions | StoresOptions): Promise<Stores> {
  return 'publishes' in options ? startWithEvents(options) : startWithoutEvents(options);
}

async function startWithoutEvents(options: StoresOptions): Promise<Stores> {
  const stores = await startStores(options);
  options.runtime.addOperations([indexRoute({ service: options.name, groups: () => [], hasOutbox: false })]);
  return stores;
}

async function startWithEvents(options: BackboneOptions): Promise<Backbone> {
  const { runtime, name, config, publishes, reads = [] } = options;
  const declared = [...publishes, ...reads];
  const { logger, metrics } = runtime;
  const stores = await startStores(options);
  const driver = await openDriver(options);
  const ensureTopics = (topics: readonly TopicDeclaration[]) =>
    retryWhileStarting({ subject: 'kafka', ...runtime }, () => driver.ensureTopics(topics, { create: config.createTopics }));
  await ensureTopics([OUTCOMES_TOPIC_DECLARATION, ...declared]);

  const outcomes = startOutcomes(driver, options);
  const relay = createRelay({ database: stores.upkeep, driver, name, logger, metrics });
  const wake = startRelay(relay, stores, options);
  const claims = createClaimStore({
    redis: stores.redis,
    incarnation: stores.incarnation,
    metrics,
    ...(config.claimLeaseMs !== undefined && { leaseMs: config.claimLeaseMs }),
  });
  const shared = {
    runtime,
    driver,
    claims,
    outcomes,
    queueMembers: createQueueMembers({ redis: stores.redis }),
    processedRetentionMs: config.processedRetentionMs ?? DEFAULT_PROCESSED_RETENTION_MS,
  };
  const inbox = createInbox({ database: stores.database, wake });
  const parking = createParkingLot({ database: stores.database, wake });
  const database = openPool(options, { name: `${name}.operations`, maxConnections: OPERATIONS_CONNECTIONS });
  const parkingWatch = createParkingWatch({ database, metrics, logger });
  parkingWatch.start();
  runtime.onStop('parking watch', () => parkingWatch.stop());
  const operations = startOperations({
    ...shared,
    name,
    database,
    inbox: createInbox({ database, wake }),
    parking: createParkingLot({ database, wake }),
    wakeRelay: wake,
    drainDeadlineMs: HANDLER_DRAIN_MS,
  });
  const budget = createConcurrencyBudget(config.databaseConnections ?? DEFAULT_CONNECTIONS);
  return {
    ...stores,
    driver,
    outbox: createOutbox({ wake }),
    inbox,
    claims,
    outcomes,
    relay,
    subscribe: (subscription) =>
      runSubscription({ ...shared, inbox, parking, operations, budget, declared, ensureTopics }, subscription),
  };
}

function startOutcomes(driver: MessagingDriver, { runtime, name }: BackboneOptions): OutcomeSink {
  const { logger, metrics } = runtime;
  const outcomes = createOutcomeSink({ driver, service: name, logger, metrics });
  runtime.onStop('outcomes', () => outcomes.close(OUTCOMES_STOP_MS), { atMostMs: OUTCOMES_STOP_MS + 500 });
  return outcomes;
}

/** The owner of a shard may be another replica: a commit wakes the relay here and, through Redis, those elsewhere. */
function startRelay(relay: Relay, stores: Stores, { runtime, name }: BackboneOptions): (shards?: readonly number[]) => void {
  const wakeUps = createWakeUps({ redis: stores.redis, channel: `outbox:${name}:${stores.incarnation}` });
  const unsubscribe = wakeUps.subscribe(() => relay.wake());
  runtime.onStop('wake-ups', unsubscribe);
  relay.start();
  runtime.onStop('relay', () => relay.stop(), { atMostMs: RELAY_STOP_MS });
  return (shards) => {
    relay.wake(shards);
    if (!relay.stats().ownsAllShards) wakeUps.publish();
  };
}
