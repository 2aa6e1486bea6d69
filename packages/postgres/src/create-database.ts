import { EventError, isEventError } from '@throughline/events';
import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import pg from 'pg';
import type { Database, DatabaseOptions, Queryable, StatementOptions, Transaction } from './database.ts';
import { databaseError } from './database-error.ts';

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

interface Session {
  readonly client: pg.PoolClient;
  isBroken: boolean;
}

async function withSession<Result>(pool: pg.Pool, use: (session: Session) => Promise<Result>): Promise<Result> {
  const client = await connect(pool);
  const session: Session = { client, isBroken: false };
  // A connection that breaks says so here too, and without a listener would end the process; the statement fails and is what the caller hears of.
  const onError = () => {
    session.isBroken = true;
  };
  client.on('error', onError);
  try {
    return await use(session);
  } finally {
    client.off('error', onError);
    client.release(session.isBroken);
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw databaseError(error);
  }
}

/** One connection for one statement; unlike with the pool's own `query`, a refused statement does not cost the connection. */
function pooledQueryable(pool: pg.Pool): Queryable {
  const once = <Result>(use: (queryable: Queryable) => Promise<Result>): Promise<Result> =>
    withSession(pool, async (session) => {
      try {
        return await use(sessionQueryable(session.client));
      } catch (error) {
        session.isBroken ||= isEventError(error);
        throw error;
      }
    });
  return {
    query: (sql, parameters, options) => once((queryable) => queryable.query(sql, parameters, options)),
    execute: (sql, parameters, options) => once((queryable) => queryable.execute(sql, parameters, options)),
  };
}

function sessionQueryable(client: pg.PoolClient): Queryable {
  const run = async (sql: string, parameters: readonly unknown[] = [], options: StatementOptions = {}) => {
    try {
      return await client.query<pg.QueryResultRow>({
        text: sql,
        // Without parameters a text may hold several statements, as migrations do.
        ...(parameters.length > 0 && { values: [...parameters] }),
        ...(options.name !== undefined && { name: options.name }),
        ...(options.timeoutMs !== undefined && { query_timeout: options.timeoutMs }),
      } as pg.QueryConfig);
    } catch (error) {
      throw databaseError(error);
    }
  };
  return {
    query: async <Row>(sql: string, parameters?: readonly unknown[], options?: StatementOptions) =>
      (await run(sql, parameters, options)).rows as Row[],
    execute: async (sql, parameters, options) => (await run(sql, parameters, options)).rowCount ?? 0,
  };
}

async function runTransaction<Result>(
  pool: pg.Pool,
  work: (tx: Transaction) => Promise<Result>,
  logger: Logger,
): Promise<Result> {
  const actions: (() => void)[] = [];
  const result = await withSession(pool, async (session) => {
    const { client } = session;
    try {
      await client.query('BEGIN');
      const value = await work({ ...sessionQueryable(client), afterCommit: (action) => actions.push(action) });
      await commit(client);
      return value;
    } catch (error) {
      session.isBroken ||= !(await rollBack(client));
      throw databaseError(error);
    }
  });
  runActions(actions, logger);
  return result;
}

async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT');
  // Postgres answers COMMIT of a failed transaction with ROLLBACK and no error: the work swallowed the error of a statement.
  if (command !== 'COMMIT')
    throw new Error('The transaction was rolled back: one of its statements had failed and its error was ignored.');
}

/** False when the connection cannot be used any more. */
async function rollBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

function runActions(actions: readonly (() => void)[], logger: Logger): void {
  for (const action of actions) {
    try {
      action();
    } catch (error) {
      logger.error({ err: error }, 'An action after a commit threw; the commit stands.');
    }
  }
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
