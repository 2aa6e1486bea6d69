import {
  createRedisServer,
  createTestDatabase,
  stackAddresses,
  startTokenIssuer,
  type TestDatabase,
  testPrefix,
} from '@throughline/testing';
import { openBenchTopics } from '../../scripts/bench/backbone/bench-topics.ts';
import { createOrdersTable, type OrdersTable } from './orders-table.ts';
import { openServiceProcesses, type ServiceProcesses } from './service-processes.ts';

/** All systems and the console as processes of a test's own, on the stack's Kafka and Postgres and a Redis of its own. */
export interface Stage {
  /** Where orders are published. */
  readonly ordersTopic: string;
  /** The group that handles them. */
  readonly ordersGroup: string;
  /** The group that keeps the search up to date. */
  readonly objectsGroup: string;
  readonly opsAddresses: ServiceProcesses['opsAddresses'];
  httpUrl(service: string): string;
  /** A token of a new user who may do everything. */
  newToken(): string;
  startIntakeApi(): Promise<void>;
  startIntakeWorker(): Promise<void>;
  startStorage(): Promise<void>;
  startConsole(): Promise<void>;
  /** Of the worker's database. */
  readonly orders: OrdersTable;
  /** Nothing can be published from then on. */
  deleteOrdersTopic(): Promise<void>;
  killRedis(): Promise<void>;
  close(): Promise<void>;
}

const DATABASES = ['intake-worker', 'storage-bucket', 'storage-object', 'storage-metadata', 'console'] as const;
type Databases = Readonly<Record<(typeof DATABASES)[number], TestDatabase>>;

/** Names, databases, Redis and token issuer; the services are started by the test. */
export async function openStage(): Promise<Stage> {
  const { kafkaBrokers } = stackAddresses();
  const prefix = testPrefix('dashboard');
  const [tokens, redis, databases] = await Promise.all([
    startTokenIssuer('orders:write orders:read storage:write storage:read'),
    createRedisServer(),
    createDatabases(),
  ]);
  await redis.start();
  const topics = await openBenchTopics(kafkaBrokers.join(','));
  const names = { ordersTopic: `${prefix}.orders.v1`, ordersGroup: `${prefix}.worker`, objectsGroup: `${prefix}.metadata` };
  const processes = await openServiceProcesses({
    KAFKA_BROKERS: kafkaBrokers.join(','),
    CREATE_TOPICS: 'true',
    REDIS_URL: redis.url,
    ...tokens.environment,
    ORDERS_TOPIC: names.ordersTopic,
    BUCKET_TOPIC: `${prefix}.bucket.v1`,
    OBJECT_TOPIC: `${prefix}.object.v1`,
    INTERNAL_TOKEN: 'internal-token-of-the-tests',
    OPERATIONS_TOKEN: 'operations-token-of-the-tests',
    LOG_LEVEL: 'info',
  });
  const orders = createOrdersTable({ url: databases['intake-worker'].url, name: prefix });
  return {
    ...names,
    opsAddresses: processes.opsAddresses,
    httpUrl: processes.httpUrl,
    newToken: () => tokens.tokenFor(crypto.randomUUID()),
    ...startersOf({ processes, databases, prefix, ...names }),
    orders,
    deleteOrdersTopic: () => topics.deleteAll(names.ordersTopic),
    killRedis: () => redis.kill(),
    close: async () => {
      await processes.close();
      await redis.kill();
      tokens.close();
      await orders.close();
      await Promise.all([...Object.values(databases).map((database) => database.drop()), topics.deleteAll(prefix)]);
      await topics.close();
    },
  };
}

async function createDatabases(): Promise<Databases> {
  const made = await Promise.all(DATABASES.map(async (service) => [service, await createTestDatabase()] as const));
  return Object.fromEntries(made) as Databases;
}

interface StartersOptions {
  readonly processes: ServiceProcesses;
  readonly databases: Databases;
  readonly prefix: string;
  readonly ordersGroup: string;
  readonly objectsGroup: string;
}

/** Limits that a test reaches soon, short delays, and groups of the stage's own. */
function startersOf({ processes, databases, prefix, ordersGroup, objectsGroup }: StartersOptions) {
  const start = (name: keyof Databases, env: Readonly<Record<string, string>> = {}) =>
    processes.start(name, { DATABASE_URL: databases[name].url, ...env });
  return {
    startIntakeApi: () =>
      processes.start('intake-api', {
        WORKER_GROUP: ordersGroup,
        ACCEPT_DEADLINE_MS: '500',
        CLIENT_RATE_PER_SECOND: '20',
        CLIENT_BURST: '20',
      }),
    startIntakeWorker: () =>
      start('intake-worker', { CONSUMER_GROUP: ordersGroup, MAX_RECEIVE_COUNT: '2', RETRY_BACKOFF_MS: '2000' }),
    startStorage: async () => {
      await Promise.all([
        start('storage-bucket'),
        start('storage-object', {
          BUCKET_URL: processes.httpUrl('storage-bucket'),
          DATA_DIR: `${processes.folder}/objects`,
          CONSUMER_GROUP: `${prefix}.object`,
        }),
        start('storage-metadata', { CONSUMER_GROUP: objectsGroup }),
      ]);
    },
    startConsole: () => start('console', { CANARY_INTERVAL_MS: '1000' }),
  };
}
