import pg from 'pg';

/** A statement without parameters and rows that goes ahead of another one. */
export interface Preamble {
  /** It is prepared under this name on each connection. */
  readonly name: string;
  readonly text: string;
}

const PREPARED = new WeakMap<pg.PoolClient, Set<Preamble>>();

export function isPrepared(client: pg.PoolClient, preamble: Preamble): boolean {
  return PREPARED.get(client)?.has(preamble) === true;
}

/** Runs it once by itself; from then on the connection knows it. */
export async function prepare(client: pg.PoolClient, preamble: Preamble): Promise<void> {
  await client.query({ ...preamble });
  const known = PREPARED.get(client) ?? new Set();
  PREPARED.set(client, known.add(preamble));
}

/**
 * Both before one Sync: without a round trip for the preamble, in one transaction, and when it fails Postgres skips the statement. That one must have a name or parameters; the answer is
 * a list of two results.
 */
export function after(preamble: Preamble, statement: pg.QueryConfig): pg.Query {
  const { query_timeout } = statement as pg.QueryConfig & { readonly query_timeout?: number };
  const query = Object.assign(new pg.Query(statement), { query_timeout });
  const submit = query.submit;
  query.submit = (connection) => {
    connection.stream.cork();
    try {
      connection.bind({ statement: preamble.name }, true);
      connection.execute({}, true);
      return submit.call(query, connection);
    } finally {
      connection.stream.uncork();
    }
  };
  return query;
}
