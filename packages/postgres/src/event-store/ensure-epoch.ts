import type { Database } from '../database/database.ts';

/**
 * Begins a new epoch when the data is in another cluster or database than the newest epoch's: after a restore from a dump, transaction ids are lower than those that came with
 * the data. A fail-over or a physical restore goes on counting, and needs none.
 */
export async function ensureEpoch(database: Database): Promise<void> {
  const [row] = await database.query<{ isKnown: boolean }>(IS_KNOWN);
  if (row?.isKnown === true) return;
  await database.transaction(async (tx) => {
    // Two services that start together must not begin two.
    await tx.execute('LOCK TABLE event_store_epochs IN SHARE ROW EXCLUSIVE MODE');
    await tx.execute(`INSERT INTO event_store_epochs (cluster) SELECT ${PRESENT} WHERE NOT (${NEWEST_IS_PRESENT})`);
  });
}

const PRESENT = `(SELECT s.system_identifier || '/' || d.oid FROM pg_control_system() AS s, pg_database AS d WHERE d.datname = current_database())`;
const NEWEST_IS_PRESENT = `coalesce((SELECT cluster = ${PRESENT} FROM event_store_epochs ORDER BY epoch DESC LIMIT 1), false)`;
const IS_KNOWN = `SELECT ${NEWEST_IS_PRESENT} AS "isKnown"`;
