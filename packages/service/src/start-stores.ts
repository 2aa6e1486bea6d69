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
  /** Connections of the pool. (Default: 10) */
  readonly databaseConnections?: number;
}

export interface StoresOptions {
  readonly runtime: ServiceRuntime;
  readonly config: StoresConfig;
  /** `<system>.<service>` */
  readonly name: string;
  /** Folder of the service's own migrations; absent = the backbone's alone. */
  readonly migrations?: string | URL;
}

/** A service's own database and Redis. */
export interface Stores {
  readonly database: Database;
  readonly redis: RedisConnection;
  /** Changes when the database is reset or restored; in every Redis key that remembers something about it. */
  readonly incarnation: string;
  readonly idempotency: IdempotencyStore;
  /** Its keys are the service's own. */
  readonly rateLimiter: RateLimiter;
}

/**
 * The stores alone, for a service without events. Waits up to a minute for Postgres, and not at all for Redis, which may be away at any time.
 * @throws {EventError} `STORE_UNAVAILABLE` when Postgres is still away after that, `CONFIGURATION_REFUSED` when migrations were changed.
 */
export async function startStores(options: StoresOptions): Promise<Stores> {
  const { runtime, name, config } = options;
  const { logger, metrics } = runtime;
  const database = createDatabase({
    connectionString: config.databaseUrl,
    applicationName: name,
    logger,
    metrics,
    ...(config.databaseConnections !== undefined && { maxConnections: config.databaseConnections }),
  });
  runtime.onStop('database', () => database.close());
  runtime.addReadiness('database', () => database.ping(1_500));
  await retryWhileStarting({ subject: 'the database', ...runtime }, () => database.ping(2_000));
  await migrate({ database, logger, ...(options.migrations !== undefined && { directory: options.migrations }) });
  const incarnation = await incarnationId(database);

  const redis = createRedis({ url: config.redisUrl, logger });
  runtime.onStop('redis', () => redis.close());
  runtime.addReadiness('redis', () => redis.ping(1_000), { isRequired: false });

  const cleaner = createCleaner({ database, logger, metrics });
  cleaner.start();
  runtime.onStop('cleaner', () => cleaner.stop());
  return {
    database,
    redis,
    incarnation,
    idempotency: createIdempotencyStore({ database }),
    rateLimiter: createRateLimiter({ redis, prefix: name, logger, metrics }),
  };
}
