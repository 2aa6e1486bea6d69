import type { Queryable } from '../database/database.ts';
import { storableKeyPart } from '../inbox/storable.ts';

/** An event that waits behind a failed one of its key, or is that one. */
export interface ParkedEvent {
  readonly group: string;
  readonly source: string;
  readonly topic: string;
  readonly key: Buffer;
  /** 0 = the head. */
  readonly place: number;
  /** Of the head; 0 for those behind it. */
  readonly attempts: number;
  /** Of the head; null for those behind it, and for a head that waits for a decision. */
  readonly nextAttemptAt: Date | null;
  /** Of a head that is or was a dead letter. */
  readonly dlqId: string | null;
}

/** Where an event is parked, in every group. */
export async function findParked(database: Queryable, eventId: string): Promise<readonly ParkedEvent[]> {
  return database.query<ParkedEvent>(
    `SELECT e.consumer_group AS "group", e.source, e.topic, coalesce(e.record_key, e.key_id) AS key,
       (SELECT count(*)::int FROM parked_events AS before WHERE before.consumer_group = e.consumer_group AND before.topic = e.topic
          AND before.key_id = e.key_id AND before.position < e.position) AS place,
       CASE WHEN e.position = k.head_position THEN k.attempts ELSE 0 END AS attempts,
       CASE WHEN e.position = k.head_position THEN k.next_attempt_at END AS "nextAttemptAt",
       CASE WHEN e.position = k.head_position THEN k.dlq_id END AS "dlqId"
     FROM parked_events AS e JOIN parked_keys AS k USING (consumer_group, topic, key_id)
     WHERE e.event_id = $1 ORDER BY e.consumer_group, e.source`,
    [storableKeyPart(eventId)],
  );
}
