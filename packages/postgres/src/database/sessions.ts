import { isNativeError } from 'node:util/types';
import { isEventError } from '@throughline/events';
import { outsideUnsampledTrace } from '@throughline/telemetry';
import type pg from 'pg';
import type { Queryable, StatementOptions } from './database.ts';
import { connectError, databaseError } from './database-error.ts';

/** A connection of the pool while one caller has it. */
export interface Session {
  readonly client: pg.PoolClient;
  /** It goes back to nobody. */
  isBroken: boolean;
}

/** Lends a connection for the time of `use`. */
export async function withSession<Result>(pool: pg.Pool, use: (session: Session) => Promise<Result>): Promise<Result> {
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
    throw connectError(error);
  }
}

/** One connection for one statement; unlike with the pool's own `query`, a refused statement does not cost the connection. */
export function pooledQueryable(pool: pg.Pool): Queryable {
  const once = <Result>(use: (queryable: Queryable) => Promise<Result>): Promise<Result> =>
    withSession(pool, async (session) => {
      try {
        return await use(sessionQueryable(session.client));
      } catch (error) {
        session.isBroken ||= isEventError(error) && error.code === 'STORE_UNAVAILABLE';
        throw error;
      }
    });
  return {
    query: (sql, parameters, options) => once((queryable) => queryable.query(sql, parameters, options)),
    execute: (sql, parameters, options) => once((queryable) => queryable.execute(sql, parameters, options)),
  };
}

/** Called for every statement of every handler: by callback, since promises of pg's and of layers above it cost a third of what the statement does. */
export function sessionQueryable(client: pg.PoolClient): Queryable {
  return {
    query: <Row>(sql: string, parameters?: readonly unknown[], options?: StatementOptions) =>
      run(client, toConfig(sql, parameters, options), ({ rows }) => rows as Row[]),
    execute: (sql, parameters, options) => run(client, toConfig(sql, parameters, options), ({ rowCount }) => rowCount ?? 0),
  };
}

function run<Result>(
  client: pg.PoolClient,
  config: pg.QueryConfig,
  toResult: (result: pg.QueryResult) => Result,
): Promise<Result> {
  const answer = new Promise<Result>((resolve, reject) => {
    outsideUnsampledTrace(() =>
      client.query(config, (error: Error | null, result) => (error ? reject(error) : resolve(toResult(result)))),
    );
  });
  return answer.catch(rejectAsCallers);
}

/** The stack that leads to the socket says nothing; here it leads to who sent the statement. */
function rejectAsCallers(error: unknown): never {
  if (isNativeError(error)) Error.captureStackTrace(error);
  throw databaseError(error);
}

function toConfig(sql: string, parameters: readonly unknown[] = [], { name, timeoutMs }: StatementOptions = {}): pg.QueryConfig {
  const config: pg.QueryConfig & { query_timeout?: number } = { text: sql };
  // Without parameters a text may hold several statements, as migrations do.
  if (parameters.length > 0) config.values = [...parameters];
  if (name !== undefined) config.name = name;
  if (timeoutMs !== undefined) config.query_timeout = timeoutMs;
  return config;
}

/** What Postgres or the way to it is at fault for says so; only errors of pg itself come through here, since others have codes like theirs. */
export async function fromPg<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw databaseError(error);
  }
}
