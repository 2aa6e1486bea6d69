import { isEventError } from '@throughline/events';
import type pg from 'pg';
import type { Queryable, StatementOptions } from './database.ts';
import { databaseError } from './database-error.ts';

/** A connection of the pool while one caller has it. */
export interface Session {
  readonly client: pg.PoolClient;
  /** It goes back to nobody. */
  isBroken: boolean;
}

/** Lends a connection for the time of `use`. */
export async function withSession<Result>(pool: pg.Pool, use: (session: Session) => Promise<Result>): Promise<Result> {
  const client = await fromPg(() => pool.connect());
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

export function sessionQueryable(client: pg.PoolClient): Queryable {
  const run = (sql: string, parameters: readonly unknown[] = [], options: StatementOptions = {}) =>
    fromPg(() =>
      client.query<pg.QueryResultRow>({
        text: sql,
        // Without parameters a text may hold several statements, as migrations do.
        ...(parameters.length > 0 && { values: [...parameters] }),
        ...(options.name !== undefined && { name: options.name }),
        ...(options.timeoutMs !== undefined && { query_timeout: options.timeoutMs }),
      } as pg.QueryConfig),
    );
  return {
    query: async <Row>(sql: string, parameters?: readonly unknown[], options?: StatementOptions) =>
      (await run(sql, parameters, options)).rows as Row[],
    execute: async (sql, parameters, options) => (await run(sql, parameters, options)).rowCount ?? 0,
  };
}

/** What Postgres or the way to it is at fault for says so; only errors of pg itself come through here, since others have codes like theirs. */
export async function fromPg<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw databaseError(error);
  }
}
