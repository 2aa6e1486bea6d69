import type { Database, Transaction } from '@throughline/postgres';

/** How a probe ended. */
export interface SettledProbe {
  readonly state: 'handled' | 'lost';
  /** From the insert to the handler, seconds; null for a lost one. */
  readonly roundTripSeconds: number | null;
}

/** The state of the last probes, the same for every replica. */
export interface ProbeSummary {
  /** Lost ones since the last that was handled. */
  readonly lostInARow: number;
  /** Seconds since the epoch; null when none was ever handled. */
  readonly lastSuccessSeconds: number | null;
}

const KEPT = `interval '1 day'`;

export async function insertProbe(tx: Transaction, eventId: string): Promise<void> {
  await tx.execute('INSERT INTO canary_probes (event_id) VALUES ($1)', [eventId]);
}

/** In the handler's transaction. A probe that was taken for lost and came late stays lost. */
export async function markProbeHandled(tx: Transaction, eventId: string): Promise<void> {
  await tx.execute('UPDATE canary_probes SET handled_at = clock_timestamp() WHERE event_id = $1 AND handled_at IS NULL', [
    eventId,
  ]);
}

/** Decides about probes: each is returned to one caller alone, whichever replica that is. */
export async function settleProbes(database: Database, deadlineMs: number): Promise<readonly SettledProbe[]> {
  await database.execute(`DELETE FROM canary_probes WHERE sent_at < now() - ${KEPT}`);
  return database.query<SettledProbe>(
    `UPDATE canary_probes SET state = CASE WHEN handled_at IS NULL THEN 'lost' ELSE 'handled' END
     WHERE state = 'sent' AND (handled_at IS NOT NULL OR sent_at < now() - $1 * interval '1 ms')
     RETURNING state, extract(epoch FROM handled_at - sent_at)::float8 AS "roundTripSeconds"`,
    [deadlineMs],
  );
}

export async function summariseProbes(database: Database): Promise<ProbeSummary> {
  const [row] = await database.query<{ lostInARow: string; lastSuccessSeconds: number | null }>(
    `SELECT count(*) FILTER (WHERE state = 'lost' AND sent_at > coalesce(last.handled_sent_at, '-infinity')) AS "lostInARow",
       extract(epoch FROM max(handled_at))::float8 AS "lastSuccessSeconds"
     FROM canary_probes, (SELECT max(sent_at) AS sent_at FROM canary_probes WHERE handled_at IS NOT NULL) AS last (handled_sent_at)`,
  );
  return { lostInARow: Number(row?.lostInARow ?? 0), lastSuccessSeconds: row?.lastSuccessSeconds ?? null };
}
