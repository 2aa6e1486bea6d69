import { EventError } from '@throughline/events';
import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import pg from 'pg';
import type { Database, DatabaseOptions } from './database.ts';
import { runTransaction } from './run-transaction.ts';
import { pooledQueryable } from './sessions.ts';

/** What a database needs besides its options. */
export interface DatabaseDependencies extends DatabaseOptions {
  readonly logger: Logger;
  /** Shows the pool's connections under the application's name. (Default: not shown) */
  readonly metrics?: Metrics;
}

/**
 * A pool of connections to one database. Nothing connects before the first statement.
 * Sessions end transactions that idle for 30 s, so that a lost client cannot hold back vacuum.
 */
export function createDatabase(options: DatabaseDependencies): Database {
  const pool = createPool(options);
  let closing: Promise<void> | undefined;
  return {
    ...pooledQueryable(pool),
    transaction: (work) => runTransaction(pool, work, options.logger),
    ping: (timeoutMs) => ping(pool, timeoutMs),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  };
}

function createPool(options: DatabaseDependencies): pg.Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    max: options.maxConnections ?? 10,
    statement_timeout: statementTimeoutMs,
    // The client's own limit, for a server that vanished without a word.
    query_timeout: statementTimeoutMs + 5_000,
    lock_timeout: options.lockTimeoutMs ?? 5_000,
    idle_in_transaction_session_timeout: 30_000,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // Compiling the relay's queries costs 100 ms and more where they run in one.
    options: '-c jit=off',
  });
  // Without a listener a connection that breaks while idle would end the process; the pool replaces it by itself.
  pool.on('error', (error: unknown) => options.logger.warn({ err: error }, 'An idle connection to Postgres broke.'));
  // Between two owners a connection has no listener of either: one that Postgres ends in the very packet that says it is ready would end the process. Who gets it finds it unusable.
  pool.on('connect', (client) => client.on('error', () => {}));
  if (options.metrics !== undefined) observePool(pool, options.applicationName, options.metrics);
  return pool;
}

function observePool(pool: pg.Pool, name: string, metrics: Metrics): void {
  const connections = metrics.gauge(METRICS.dbClientConnectionCount);
  const pending = metrics.gauge(METRICS.dbClientConnectionPendingRequests);
  const labels = { db_client_connection_pool_name: name };
  const observe = (): void => {
    connections.set({ ...labels, db_client_connection_state: 'idle' }, pool.idleCount);
    connections.set({ ...labels, db_client_connection_state: 'used' }, pool.totalCount - pool.idleCount);
    pending.set(labels, pool.waitingCount);
  };
  // A little later: `release` comes before the connection is counted as idle.
  for (const event of ['connect', 'acquire', 'release', 'remove'] as const) pool.on(event, () => queueMicrotask(observe));
}

async function ping(pool: pg.Pool, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new EventError('STORE_UNAVAILABLE', `Postgres did not answer within ${timeoutMs} ms.`, { retryable: true })),
      timeoutMs,
    );
  });
  try {
    await Promise.race([pooledQueryable(pool).query('SELECT 1'), late]);
  } finally {
    clearTimeout(timer);
  }
}
