import { isNativeError } from 'node:util/types';
import { isEventError } from '@throughline/events';
import { outsideUnsampledTrace } from '@throughline/telemetry';
import type pg from 'pg';
import type { Queryable, StatementOptions } from './database.ts';
import { connectError, databaseError } from './database-error.ts';
import { after, isPrepared, type Preamble, prepare } from './preamble.ts';

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
  const once = <Result>(options: StatementOptions, use: (queryable: Queryable) => Promise<Result>): Promise<Result> =>
    withSession(pool, async (session) => {
      try {
        if (options.isPlannedForIndexes !== true) return await use(sessionQueryable(session.client));
        return await use(await indexQueryable(session.client));
      } catch (error) {
        session.isBroken ||= isForgotten(error) || (isEventError(error) && error.code === 'STORE_UNAVAILABLE');
        throw error;
      }
    });
  return {
    query: (sql, parameters, options = {}) => once(options, (queryable) => queryable.query(sql, parameters, options)),
    execute: (sql, parameters, options = {}) => once(options, (queryable) => queryable.execute(sql, parameters, options)),
  };
}

/** Holds until the end of the transaction, which is that of the one statement after it. Answers no row. */
const WITHOUT_SEQUENTIAL_SCANS: Preamble = {
  name: 'throughline_without_sequential_scans',
  text: "SELECT FROM (SELECT set_config('enable_seqscan', 'off', true) AS value) AS setting WHERE value IS NULL",
};

async function indexQueryable(client: pg.PoolClient): Promise<Queryable> {
  if (!isPrepared(client, WITHOUT_SEQUENTIAL_SCANS)) await fromPg(() => prepare(client, WITHOUT_SEQUENTIAL_SCANS));
  return sessionQueryable(client, { ...NOBODY, toSend: (statement) => after(WITHOUT_SEQUENTIAL_SCANS, statement) });
}

/** Called for every statement of every handler: by callback, since promises of pg's and of layers above it cost a third of what the statement does. */
export function sessionQueryable(client: pg.PoolClient, watch: StatementWatch = NOBODY): Queryable {
  return {
    query: <Row>(sql: string, parameters?: readonly unknown[], options?: StatementOptions) =>
      run({ client, watch }, toConfig(sql, parameters, options), ({ rows }) => rows as Row[]),
    execute: (sql, parameters, options) =>
      run({ client, watch }, toConfig(sql, parameters, options), ({ rowCount }) => rowCount ?? 0),
  };
}

/** Who looks at what goes over a connection. */
export interface StatementWatch {
  /** What goes to the server for a statement, whose result must be the last. */
  readonly toSend: (statement: pg.QueryConfig) => pg.QueryConfig | pg.Query;
  /** It has its result, or failed; once. */
  readonly onAnswered: (error: Error | null) => void;
}

const NOBODY: StatementWatch = { toSend: (statement) => statement, onAnswered: () => {} };

function run<Result>(
  { client, watch }: { readonly client: pg.PoolClient; readonly watch: StatementWatch },
  statement: pg.QueryConfig,
  toResult: (result: pg.QueryResult) => Result,
): Promise<Result> {
  let isAnswered = false;
  const answer = new Promise<Result>((resolve, reject) => {
    const onAnswer = (error: Error | null, results: pg.QueryResult | pg.QueryResult[]) => {
      // Of a statement whose parameters cannot be sent pg tells twice.
      if (isAnswered) return;
      isAnswered = true;
      watch.onAnswered(error);
      if (error) reject(error);
      else resolve(toResult(lastOf(results)));
    };
    outsideUnsampledTrace(() =>
      client.query(watch.toSend(statement) as pg.QueryConfig, onAnswer as (error: Error, result: pg.QueryResult) => void),
    );
  });
  return answer.catch(rejectAsCallers);
}

function lastOf(results: pg.QueryResult | pg.QueryResult[]): pg.QueryResult {
  return Array.isArray(results) ? (results.at(-1) as pg.QueryResult) : results;
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

/** The server no longer knows a statement that was prepared on this connection (a DEALLOCATE or DISCARD of somebody's), and pg would not prepare it again. */
export function isForgotten(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '26000'; // invalid_sql_statement_name
}

/** What Postgres or the way to it is at fault for says so; only errors of pg itself come through here, since others have codes like theirs. */
export async function fromPg<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw databaseError(error);
  }
}
