import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createKafkaDriver } from '@throughline/kafka';
import {
  type ClaimStore,
  createEventPublisher,
  type EventPublisher,
  type Inbox,
  type MessagingDriver,
  type ParkingLot,
  type RetryPolicy,
  type RunningSubscription,
  type Subscription,
  subscribe,
  subscriptionTopics,
  type TopicDeclaration,
} from '@throughline/messaging';
import {
  createDatabase,
  createDecisions,
  createInbox,
  createOutbox,
  createParkingLot,
  createRelay,
  createReplayLedger,
  type Database,
  type Decisions,
  incarnationId,
  type Relay,
  type Transaction,
} from '@throughline/postgres';
import { createClaimStore, createRedis, type RedisConnection } from '@throughline/redis';
import { createMetrics, type Logger } from '@throughline/telemetry';
import { SOURCE } from './ledger.ts';
import { ledgerHandlers } from './ledger-handlers.ts';

/** Where a ledger service finds its stores, and what it is called. */
export interface LedgerConfig {
  readonly name: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly topic: string;
  /** A file that stands for what the handlers depend on: while it is there, that is away. (Default: nothing is) */
  readonly outageFile?: string;
  /** Milliseconds. (Default: the database's) */
  readonly connectTimeoutMs?: number;
}

/** A group of the ledger: all read the same topic. */
export interface LedgerGroup {
  readonly group: string;
  readonly order: Subscription<Transaction>['order'];
  /** (Default: LEDGER_RETRY) */
  readonly retry?: RetryPolicy;
}

/** What may be put around the adapters, to kill the process at one of their calls. */
export interface Interventions {
  /** Of the parking lot and of decisions. */
  readonly database?: (database: Database) => Database;
  readonly driver?: (driver: MessagingDriver) => MessagingDriver;
  readonly inbox?: (inbox: Inbox<Transaction>) => Inbox<Transaction>;
  readonly claims?: (claims: ClaimStore) => ClaimStore;
  readonly parkingLot?: (parkingLot: ParkingLot<Transaction>) => ParkingLot<Transaction>;
  /** What the handler of a deadly entry does. (Default: SIGKILL to its own process) */
  readonly die?: () => never;
}

/** The adapters of one process, wired as a service wires them. */
export interface LedgerService {
  readonly database: Database;
  readonly redis: RedisConnection;
  readonly driver: MessagingDriver;
  readonly publisher: EventPublisher<Transaction>;
  readonly relay: Relay;
  readonly decisions: Decisions;
  join(group: LedgerGroup): Promise<RunningSubscription>;
  close(): Promise<void>;
}

/** Short, so that a killed process is noticed and a failed event is tried again while somebody watches. */
const LEDGER_RETRY: RetryPolicy = { inlineTries: 2, inlineDelayMs: 20, delays: ['300ms', '1s'] };
const LEDGER_SESSION_TIMEOUT_MS = 6_000;
const CLAIM_LEASE_MS = 3_000;
const RELAY_TIMES = { leaseMs: 4_000, sendTimeoutMs: 2_000, maxPollMs: 200 };
/** Also how long a parked head stays with a member that died, nearly. */
const HANDLER_TIMEOUT_MS = 3_000;
const CONCURRENCY = 6;

/** The topics of the group's own. */
export function groupTopics(group: LedgerGroup, partitions?: number): readonly TopicDeclaration[] {
  return subscriptionTopics({ retry: LEDGER_RETRY, ...group }, partitions);
}

const identity = <Part>(part: Part): Part => part;

/** As sudden as a power cut, for the process. */
export function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('survived SIGKILL');
}

export async function openLedgerService(
  config: LedgerConfig,
  logger: Logger,
  interventions: Interventions = {},
): Promise<LedgerService> {
  const around = {
    database: identity,
    driver: identity,
    inbox: identity,
    claims: identity,
    parkingLot: identity,
    die,
    ...interventions,
  };
  const metrics = createMetrics({ service: config.name });
  // Handlers of transient entries take a second connection; the relay has two lanes and its leases.
  const connection = {
    connectionString: config.databaseUrl,
    applicationName: config.name,
    maxConnections: 3 * CONCURRENCY,
    ...(config.connectTimeoutMs !== undefined && { connectTimeoutMs: config.connectTimeoutMs }),
  };
  const database = createDatabase({ ...connection, logger });
  const watched = around.database(database);
  const driver = createKafkaDriver({ brokers: [...config.kafkaBrokers], clientId: config.name, logger });
  const redis = createRedis({ url: config.redisUrl, logger });
  const sending = around.driver(driver);
  const relay = createRelay({
    database,
    driver: sending,
    name: config.name,
    logger,
    metrics,
    ...RELAY_TIMES,
  });
  const wake = () => relay.wake();
  const contracts = await loadContracts(fileURLToPath(new URL('./contracts', import.meta.url)));
  const destination = () => ({ topic: config.topic, aggregateType: 'account' });
  const publisher = createEventPublisher({
    source: SOURCE,
    codec: s3Codec,
    contracts,
    outbox: createOutbox({ wake }),
    destination,
  });
  const running: RunningSubscription[] = [];
  const join = async ({ group, order, retry = LEDGER_RETRY }: LedgerGroup) => {
    const incarnation = await incarnationId(database);
    const subscription: Subscription<Transaction> = {
      group,
      order,
      topics: [config.topic],
      codec: s3Codec,
      contracts,
      ...ledgerHandlers({ group, database, die: around.die, outageFile: config.outageFile }),
      retry,
      concurrency: CONCURRENCY,
      handlerTimeoutMs: HANDLER_TIMEOUT_MS,
    };
    const joined = await subscribe({
      subscription,
      driver: sending,
      inbox: around.inbox(createInbox({ database, wake })),
      claims: around.claims(createClaimStore({ redis, incarnation, metrics, leaseMs: CLAIM_LEASE_MS })),
      parking: around.parkingLot(createParkingLot({ database: watched, wake })),
      replays: createReplayLedger({ database }),
      logger,
      metrics,
      sessionTimeoutMs: LEDGER_SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: 12_000,
      drainDeadlineMs: 5_000,
    });
    running.push(joined);
    return joined;
  };
  return {
    database,
    redis,
    driver,
    publisher,
    relay,
    decisions: createDecisions({ database: watched, wake }),
    join,
    close: async () => {
      await Promise.all(running.map((each) => each.stop()));
      await relay.stop();
      await driver.close();
      await redis.close();
      await database.close();
    },
  };
}
