import type { IdempotencyStore } from '@throughline/http';
import {
  createCleaner,
  createDatabase,
  createIdempotencyStore,
  type Database,
  incarnationId,
  migrate,
} from '@throughline/postgres';
import { createRateLimiter, createRedis, type RateLimiter, type RedisConnection } from '@throughline/redis';
import { retryWhileStarting } from './retry-while-starting.ts';
import type { ServiceRuntime } from './run-service.ts';

export interface StoresConfig {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Connections for requests and handlers; a few more of its own keep the backbone going. (Default: 10) */
  readonly databaseConnections?: number;
  /** How long an event is known as processed; at least the retention of the topics that are read, and the span of retries. Milliseconds. (Default: 8 days) */
  readonly processedRetentionMs?: number;
}

export interface StoresOptions {
  readonly runtime: ServiceRuntime;
  readonly config: StoresConfig;
  /** `<system>.<service>` */
  readonly name: string;
  /** Folder of the service's own migrations; absent = the backbone's alone. */
  readonly migrations?: string | URL;
}

/** What handlers, requests and the checks on them take for granted unless the configuration says otherwise. */
export const DEFAULT_CONNECTIONS = 10;
export const DEFAULT_PROCESSED_RETENTION_MS = 8 * 24 * 60 * 60 * 1_000;
/** One each for the relay's two lanes, its leases, the cleaner, and the probe. */
const UPKEEP_CONNECTIONS = 5;

/** A service's own database and Redis. */
export interface Stores {
  readonly database: Database;
  /** The same database through connections of its own, for what must go on while requests and handlers hold all the others: relay, cleaner, readiness. */
  readonly upkeep: Database;
  readonly redis: RedisConnection;
  /** Changes when the database is reset or restored; in every Redis key that remembers something about it. */
  readonly incarnation: string;
  readonly idempotency: IdempotencyStore;
  /** Its keys are the service's own. */
  readonly rateLimiter: RateLimiter;
}

/**
 * The stores alone, for a service without events. Waits for Postgres as long as a start may (`START_DEADLINE_MS`), and not at all for Redis, which may be away at any time.
 * @throws {EventError} `STORE_UNAVAILABLE` when Postgres is still away after that, `CONFIGURATION_REFUSED` when migrations were changed.
 */
export async function startStores(options: StoresOptions): Promise<Stores> {
  const { runtime, name, config } = options;
  const { logger, metrics } = runtime;
  const database = openPool(options, { name, maxConnections: config.databaseConnections ?? DEFAULT_CONNECTIONS });
  const upkeep = openPool(options, { name: `${name}.upkeep`, maxConnections: UPKEEP_CONNECTIONS });
  runtime.addReadiness('database', () => upkeep.ping(1_500));
  await retryWhileStarting({ subject: 'the database', ...runtime }, () => upkeep.ping(2_000));
  await migrate({ database, logger, ...(options.migrations !== undefined && { directory: options.migrations }) });
  const incarnation = await incarnationId(database);

  const redis = createRedis({ url: config.redisUrl, logger });
  runtime.onStop('redis', () => redis.close());
  runtime.addReadiness('redis', () => redis.ping(1_000), { isRequired: false });

  const cleaner = createCleaner({
    database: upkeep,
    logger,
    metrics,
    processedRetentionMs: config.processedRetentionMs ?? DEFAULT_PROCESSED_RETENTION_MS,
  });
  cleaner.start();
  runtime.onStop('cleaner', () => cleaner.stop());
  return {
    database,
    upkeep,
    redis,
    incarnation,
    idempotency: createIdempotencyStore({ database }),
    rateLimiter: createRateLimiter({ redis, prefix: name, incarnation, logger, metrics }),
  };
}

/** Connections to the service's database, closed at its stop. */
export function openPool(
  { runtime, config }: StoresOptions,
  { name, maxConnections }: { readonly name: string; readonly maxConnections: number },
): Database {
  const { logger, metrics } = runtime;
  const database = createDatabase({
    connectionString: config.databaseUrl,
    applicationName: name,
    maxConnections,
    logger,
    metrics,
  });
  runtime.onStop(`database pool ${name}`, () => database.close());
  return database;
}
