import type { RecordHeaders } from '@throughline/events';
import type { Transaction } from '../database/database.ts';
import { recordProcessed } from '../inbox/processed-events.ts';
import { storableKeyPart } from '../inbox/storable.ts';
import { toStoredHeaders } from '../outbox/header-json.ts';
import { removeHead } from './remove-head.ts';

/** `decided`: done, with the caller's commit. `not-parked`: no key waits behind this dead letter for a decision; nothing was changed. */
export type HeadDecision = 'decided' | 'not-parked';

/** What takes the place of a dead head: the record with its new identity. */
export interface EditedRecord {
  readonly source: string;
  /** New: the original's stays known as processed. */
  readonly eventId: string;
  readonly eventType: string | undefined;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/**
 * A dead head is due again at once, in its place, with no attempts. `release` then sets its dead letter from `replayed` to `resolved` in the transaction of its effect;
 * when it runs out of attempts again the dead letter is `waiting` anew. The caller has changed the dead letter's row, with its replay count, before.
 */
export async function makeHeadDue(tx: Transaction, dlqId: string): Promise<HeadDecision> {
  const changed = await tx.execute(
    `UPDATE parked_keys SET revision = revision + 1, attempts = 0, next_attempt_at = now(),
       replay_count = (SELECT replay_count FROM dead_letters WHERE dlq_id = $1)
     WHERE dlq_id = $1 AND next_attempt_at IS NULL`,
    [dlqId],
  );
  return changed > 0 ? 'decided' : 'not-parked';
}

/**
 * Another record stands in the place of a dead head, due at once with no attempts; it keeps the original's position (topic, partition, offset) and key. Should it run out of attempts too,
 * it makes a dead letter of its own, with another `dlq-id`; the original's row is the caller's to change, before.
 */
export async function replaceHead(tx: Transaction, dlqId: string, edited: EditedRecord): Promise<HeadDecision> {
  const head = await lockDeadHead(tx, dlqId);
  if (head === undefined) return 'not-parked';
  const { eventId, source, eventType } = edited;
  await recordProcessed(tx, [{ group: head.consumer_group, source, id: eventId }]);
  const identity = JSON.stringify([source, eventId, eventType ?? null]);
  await tx.execute(
    `UPDATE parked_events SET source = $5, event_id = $6, identity = $7, value = $8, headers = $9, is_edited = true WHERE ${IS_EVENT}`,
    [
      ...eventOf(head),
      ...[storableKeyPart(source), storableKeyPart(eventId), identity],
      ...[edited.value, JSON.stringify(toStoredHeaders(edited.headers))],
    ],
  );
  await tx.execute(
    `UPDATE parked_keys SET revision = revision + 1, attempts = 0, next_attempt_at = now(), first_failed_at = NULL, last_error = NULL,
       dlq_id = NULL, replay_count = 0
     WHERE consumer_group = $1 AND topic = $2 AND key_id = $3`,
    [head.consumer_group, head.topic, head.key_id],
  );
  return 'decided';
}

/** A dead head is removed, unhandled; the next of its key is due at once, or the key is free. The caller has changed the dead letter's row before. */
export async function discardHead(tx: Transaction, dlqId: string): Promise<HeadDecision> {
  const head = await lockDeadHead(tx, dlqId);
  if (head === undefined) return 'not-parked';
  const block = { group: head.consumer_group, topic: head.topic, keyId: head.key_id };
  await removeHead(tx, { block, position: head.head_position });
  return 'decided';
}

interface DeadHead {
  readonly consumer_group: string;
  readonly topic: string;
  readonly key_id: Buffer;
  readonly head_position: string;
}

const IS_EVENT = 'consumer_group = $1 AND topic = $2 AND key_id = $3 AND position = $4';

function eventOf(head: DeadHead): readonly unknown[] {
  return [head.consumer_group, head.topic, head.key_id, head.head_position];
}

async function lockDeadHead(tx: Transaction, dlqId: string): Promise<DeadHead | undefined> {
  const [head] = await tx.query<DeadHead>(
    'SELECT consumer_group, topic, key_id, head_position FROM parked_keys WHERE dlq_id = $1 AND next_attempt_at IS NULL FOR UPDATE',
    [dlqId],
  );
  return head;
}
