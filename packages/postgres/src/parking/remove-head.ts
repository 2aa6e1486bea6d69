import type { ParkedHead } from '@throughline/messaging';
import type { Queryable } from '../database/database.ts';
import { type BlockName, type HeadRow, toParkedHead } from './parked-rows.ts';

export interface Removal {
  readonly block: BlockName;
  readonly position: string;
  /** The next head is taken for so long, its try counted; undefined leaves it due at once. */
  readonly leaseMs?: number;
}

// The block's lock is held: what was appended is visible, and nothing can be.
const REMOVE = `
  WITH removed AS (DELETE FROM parked_events WHERE consumer_group = $1 AND topic = $2 AND key_id = $3 AND position = $4),
  next AS (
    SELECT (
      SELECT position FROM parked_events WHERE consumer_group = $1 AND topic = $2 AND key_id = $3 AND position > $4
      ORDER BY position LIMIT 1
    ) AS position
  ),
  freed AS (
    DELETE FROM parked_keys AS k USING next WHERE k.consumer_group = $1 AND k.topic = $2 AND k.key_id = $3 AND next.position IS NULL
  ),
  moved AS (
    UPDATE parked_keys AS k SET head_position = next.position, revision = revision + 1, parked_records = parked_records - 1,
      attempts = CASE WHEN $5::bigint IS NULL THEN 0 ELSE 1 END,
      next_attempt_at = clock_timestamp() + coalesce($5::bigint, 0) * interval '1 ms',
      first_failed_at = NULL, last_error = NULL, dlq_id = NULL, replay_count = 0
    FROM next WHERE k.consumer_group = $1 AND k.topic = $2 AND k.key_id = $3 AND next.position IS NOT NULL
    RETURNING k.consumer_group, k.topic, k.key_id, k.head_position AS position, revision, attempts, first_failed_at, last_error, parked_records
  )
  SELECT * FROM moved JOIN parked_events USING (consumer_group, topic, key_id, position)`;

/** Takes the head away; the next is in its place, or the key is free. The caller holds the block's lock. */
export async function removeHead(tx: Queryable, { block, position, leaseMs }: Removal): Promise<ParkedHead | undefined> {
  const parameters = [block.group, block.topic, block.keyId, position, leaseMs ?? null];
  const [row] = await tx.query<HeadRow>(REMOVE, parameters);
  return row === undefined ? undefined : toParkedHead(row);
}
