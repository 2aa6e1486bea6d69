import type { Database } from '../database/database.ts';
import { OUTBOX_STATUS } from './outbox-status.ts';

/** An event that the broker refuses; its key waits behind it. */
export interface FailedRow {
  readonly eventId: string;
  readonly type: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly topic: string;
  readonly attempts: number;
  readonly lastError: string;
  readonly createdAt: Date;
  /** Rows of the key that wait behind it, and have been looked at. */
  readonly waitingRows: number;
}

/** The oldest failed rows. */
export async function listFailed(database: Database, options: { readonly limit?: number } = {}): Promise<readonly FailedRow[]> {
  return database.query<FailedRow>(
    `SELECT id AS "eventId", type, aggregatetype AS "aggregateType", aggregateid AS "aggregateId", topic, attempts,
       coalesce(last_error, '') AS "lastError", created_at AS "createdAt",
       (SELECT count(*)::int FROM outbox AS w WHERE w.aggregatetype = o.aggregatetype AND w.aggregateid = o.aggregateid AND w.status = ${OUTBOX_STATUS.waiting}) AS "waitingRows"
     FROM outbox AS o WHERE status = ${OUTBOX_STATUS.failed} ORDER BY seq LIMIT $1`,
    [options.limit ?? 100],
  );
}

/**
 * Lets the relay try a failed row again, with all its attempts; what waits behind it follows when it is sent.
 * @returns false when there is no such failed row (any more).
 */
export async function replayFailed(database: Database, eventId: string): Promise<boolean> {
  const changed = await database.execute(
    `WITH head AS (
       UPDATE outbox SET status = ${OUTBOX_STATUS.waiting}, attempts = 0, next_attempt_at = now()
       WHERE status = ${OUTBOX_STATUS.failed} AND id = $1 RETURNING shard, seq
     )
     UPDATE outbox_blocked_keys AS b SET state = 'backing-off', next_attempt_at = now()
     FROM head WHERE b.shard = head.shard AND b.head_seq = head.seq AND b.state = 'failed'`,
    [eventId],
  );
  return changed > 0;
}

/**
 * Gives a failed row up: it is never sent, and what waits behind it goes on.
 * @returns false when there is no such failed row (any more).
 */
export async function discardFailed(database: Database, eventId: string): Promise<boolean> {
  const changed = await database.execute(
    `WITH head AS (
       UPDATE outbox SET status = ${OUTBOX_STATUS.discarded}, sent_at = now()
       WHERE status = ${OUTBOX_STATUS.failed} AND id = $1 RETURNING shard, seq
     )
     UPDATE outbox_blocked_keys AS b SET state = 'releasing'
     FROM head WHERE b.shard = head.shard AND b.head_seq = head.seq AND b.state = 'failed'`,
    [eventId],
  );
  return changed > 0;
}
