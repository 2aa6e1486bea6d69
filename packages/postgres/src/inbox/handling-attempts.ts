import type { DedupKey } from '@throughline/messaging';
import type { Queryable } from '../database/database.ts';
import { columnsOf } from './processed-events.ts';

const COUNT = `
  WITH given AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS given (consumer_group, source, event_id, place)),
  counted AS (
    INSERT INTO handling_attempts (consumer_group, source, event_id, attempts)
    SELECT consumer_group, source, event_id, 1 FROM given
    ORDER BY consumer_group COLLATE "C", source COLLATE "C", event_id COLLATE "C"
    ON CONFLICT (consumer_group, source, event_id) DO UPDATE SET attempts = handling_attempts.attempts + 1, last_attempt_at = now()
    RETURNING consumer_group, source, event_id, attempts
  )
  SELECT attempts FROM given JOIN counted USING (consumer_group, source, event_id) ORDER BY place`;

/** In a statement of its own, so that it stays counted when the handler's transaction, or the process, comes to an end. */
export async function countAttempts(database: Queryable, keys: readonly DedupKey[]): Promise<readonly number[]> {
  const rows = await database.query<{ attempts: number }>(COUNT, columnsOf(keys));
  return rows.map(({ attempts }) => attempts);
}

// Locked in the order in which they are counted.
const UNCOUNT = `
  WITH locked AS (
    SELECT consumer_group, source, event_id FROM handling_attempts
    JOIN unnest($1::text[], $2::text[], $3::text[]) AS given (consumer_group, source, event_id) USING (consumer_group, source, event_id)
    ORDER BY consumer_group COLLATE "C", source COLLATE "C", event_id COLLATE "C" FOR UPDATE OF handling_attempts
  )
  UPDATE handling_attempts SET attempts = attempts - 1 FROM locked
  WHERE handling_attempts.consumer_group = locked.consumer_group AND handling_attempts.source = locked.source
    AND handling_attempts.event_id = locked.event_id AND attempts > 0`;

/** The attempts were not the events' fault. */
export async function uncountAttempts(database: Queryable, keys: readonly DedupKey[]): Promise<void> {
  await database.execute(UNCOUNT, columnsOf(keys));
}

/** A replay of the dead letter starts with a count of none. */
export async function forgetAttempts(tx: Queryable, key: DedupKey): Promise<void> {
  await tx.execute(
    'DELETE FROM handling_attempts WHERE consumer_group = ANY($1) AND source = ANY($2) AND event_id = ANY($3)',
    columnsOf([key]),
  );
}
