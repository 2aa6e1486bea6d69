import type pg from 'pg';

const TIMEOUT_MS = 2_000;

// Whoever has a number of ours on another server, behind a proxy or after a failover, goes on.
const CANCEL = `
  SELECT pg_cancel_backend(pid) FROM pg_stat_activity
  WHERE pid = $1 AND datname = current_database() AND usename = current_user AND application_name = current_setting('application_name')`;

/**
 * Ends the statement that a connection is busy with, so that what waits behind it, a ROLLBACK say, does not wait for its end. Asks the server on another connection of the pool; where
 * there is none, or the server does not answer, the statement goes on to its own end.
 */
export async function cancelStatement(pool: pg.Pool, client: pg.PoolClient): Promise<void> {
  const { processID } = client as pg.PoolClient & { readonly processID: number | null };
  const statement = { text: CANCEL, values: [processID], query_timeout: TIMEOUT_MS };
  await pool.query(statement).catch(() => undefined);
}
