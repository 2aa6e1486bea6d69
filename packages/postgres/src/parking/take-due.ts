import type { ParkedHead } from '@throughline/messaging';
import type { Queryable } from '../database/database.ts';
import { storableKeyPart } from '../inbox/storable.ts';
import { type HeadRow, type ParkedRow, toParkedHead } from './parked-rows.ts';

interface TakenBlock {
  readonly topic: string;
  readonly key_id: Buffer;
  readonly head_position: string;
  readonly revision: number;
  readonly attempts: number;
  readonly first_failed_at: Date | null;
  readonly last_error: string | null;
  readonly parked_records: number;
}

const TAKE = `
  WITH due AS (
    SELECT topic, key_id FROM parked_keys WHERE consumer_group = $1 AND next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE parked_keys AS k SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + $3 * interval '1 ms'
  FROM due WHERE k.consumer_group = $1 AND k.topic = due.topic AND k.key_id = due.key_id
  RETURNING k.topic, k.key_id, head_position, revision, attempts, first_failed_at, last_error, parked_records`;

/**
 * In a statement of its own, so that the try stays counted when the process comes to an end. The records are read by a second one: the first sees a block as it has become,
 * yet other tables as they were when it began, and might give a record that is gone.
 */
export async function takeDue(
  database: Queryable,
  group: string,
  { limit, leaseMs }: { readonly limit: number; readonly leaseMs: number },
): Promise<readonly ParkedHead[]> {
  const blocks = await database.query<TakenBlock>(TAKE, [storableKeyPart(group), limit, leaseMs]);
  if (blocks.length === 0) return [];
  const rows = await database.query<ParkedRow>(
    `SELECT parked_events.* FROM parked_events JOIN unnest($2::text[], $3::bytea[], $4::bigint[]) AS given (topic, key_id, position) USING (topic, key_id, position)
     WHERE consumer_group = $1`,
    [
      storableKeyPart(group),
      blocks.map(({ topic }) => topic),
      blocks.map(({ key_id }) => key_id),
      blocks.map(({ head_position }) => head_position),
    ],
  );
  const rowOf = new Map(rows.map((row) => [row.position, row]));
  return blocks.flatMap((block) => {
    const row = rowOf.get(block.head_position);
    // Discarded in between.
    if (row === undefined) return [];
    const head: HeadRow = { ...row, ...block };
    return [toParkedHead(head)];
  });
}
