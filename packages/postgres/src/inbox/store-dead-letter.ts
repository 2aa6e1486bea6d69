import { uuidV5 } from '@throughline/events';
import type { DeadLetter, IncomingRecord } from '@throughline/messaging';
import type { Queryable } from '../database/database.ts';
import { toStoredHeaders } from '../outbox/header-json.ts';
import { insertOutboxRows } from '../outbox/insert-outbox-rows.ts';
import { storableCount, storableText, storableTime } from './storable.ts';

/** Namespace of dead letters' ids; may never change, or a position would get a second id. */
const DLQ_NAMESPACE = 'c1a2b8f4-6a0e-5d0b-9a53-2f6f3f9f0f61';
/** Of a message or a stack. */
const MAX_STORY_BYTES = 4_096;
/** Of an id, a type or a class; the record itself keeps them whole. */
const MAX_NAME_BYTES = 1_024;
const MAX_OFFSET = 2n ** 63n - 1n;
const TOPIC_NAME = /^[\w.-]{1,249}$/;

/** The same for every write of one failed position of one group, and of one event that somebody put in its place. */
function deadLetterId({ group, original, eventId }: DeadLetter, isEdited: boolean): string {
  const position = `${group}/${original.topic}/${original.partition}/${original.offset}`;
  return uuidV5(DLQ_NAMESPACE, isEdited ? `${position}/${eventId}` : position);
}

/**
 * A position that no Kafka has given came from headers which somebody made up: that of the record stands in its place, so that every record can be a dead letter.
 */
export function withRealPosition<
  Positioned extends { readonly original: DeadLetter['original']; readonly record: IncomingRecord },
>(given: Positioned): Positioned {
  const { topic, partition, offset } = given.original;
  const isReal = TOPIC_NAME.test(topic) && partition === storableCount(partition) && offset >= 0n && offset <= MAX_OFFSET;
  return isReal ? given : { ...given, original: given.record };
}

/**
 * Writes the dead letter and the outbox row that carries it to `<group>.dlq`. What is there already stays as it is and is not sent again,
 * unless it was sent back and this letter comes from that replay: then it failed anew, and waits anew.
 * @param isEdited the event stands in the place of the one that was read at the position.
 * @returns its `dlq-id`
 */
export async function storeDeadLetter(tx: Queryable, given: DeadLetter, isEdited = false): Promise<string> {
  const letter = withRealPosition(given);
  const dlqId = deadLetterId(letter, isEdited);
  if (!(await upsert(tx, dlqId, letter))) return dlqId;
  await insertOutboxRows(tx, [
    {
      id: dlqId,
      aggregateType: 'dead-letter',
      // Dead letters have no order among them: one that the broker refuses must not hold up others.
      aggregateId: dlqId,
      type: storableText(letter.eventType ?? 'dead-letter', MAX_NAME_BYTES),
      payload: letter.record.value,
      headers: toStoredHeaders({ ...letter.record.headers, ...deadLetterHeaders(dlqId, letter) }),
      topic: `${letter.group}.dlq`,
      recordKey: letter.record.key,
    },
  ]);
  return dlqId;
}

async function upsert(tx: Queryable, dlqId: string, letter: DeadLetter): Promise<boolean> {
  const { record, original, error } = letter;
  const rows = await tx.execute(UPSERT, [
    dlqId,
    letter.group,
    storableText(letter.source, MAX_NAME_BYTES),
    storableText(letter.eventId, MAX_NAME_BYTES),
    letter.eventType === undefined ? null : storableText(letter.eventType, MAX_NAME_BYTES),
    letter.reason,
    original.topic,
    original.partition,
    original.offset.toString(),
    storableTime(original.timestampMs),
    record.key,
    record.value,
    JSON.stringify(toStoredHeaders(record.headers)),
    storableCount(letter.attempts),
    storableTime(letter.firstFailedAtMs),
    storableTime(letter.lastFailedAtMs),
    storableText(error.class, MAX_NAME_BYTES),
    storableText(error.message, MAX_STORY_BYTES),
    storableText(error.stack, MAX_STORY_BYTES),
    storableCount(letter.replayCount),
  ]);
  return rows === 1;
}

const UPSERT = `
  INSERT INTO dead_letters (
    dlq_id, consumer_group, source, event_id, event_type, reason, original_topic, original_partition, original_offset, original_timestamp,
    record_key, value, headers, attempts, first_failed_at, last_failed_at, error_class, error_message, error_stack, replay_count)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
  ON CONFLICT (dlq_id) DO UPDATE SET
    reason = EXCLUDED.reason, headers = EXCLUDED.headers, attempts = EXCLUDED.attempts, last_failed_at = EXCLUDED.last_failed_at,
    error_class = EXCLUDED.error_class, error_message = EXCLUDED.error_message, error_stack = EXCLUDED.error_stack,
    replay_count = EXCLUDED.replay_count, status = 'waiting', resolved_at = NULL
  WHERE dead_letters.replay_count < EXCLUDED.replay_count
    OR (dead_letters.status = 'replayed' AND dead_letters.replay_count = EXCLUDED.replay_count)`;

function deadLetterHeaders(dlqId: string, letter: DeadLetter): Record<string, string> {
  const { original, error } = letter;
  return {
    'dlq-id': dlqId,
    'dlq-reason': letter.reason,
    'dlq-original-topic': original.topic,
    'dlq-original-partition': String(original.partition),
    'dlq-original-offset': String(original.offset),
    'dlq-original-timestamp': storableTime(original.timestampMs).toISOString(),
    'dlq-consumer-group': letter.group,
    'dlq-attempts': String(letter.attempts),
    'dlq-first-failed-at': storableTime(letter.firstFailedAtMs).toISOString(),
    'dlq-last-failed-at': storableTime(letter.lastFailedAtMs).toISOString(),
    'dlq-error-class': storableText(error.class, MAX_NAME_BYTES),
    'dlq-error-message': storableText(error.message, MAX_STORY_BYTES),
    'dlq-error-stack': storableText(error.stack, MAX_STORY_BYTES),
    'dlq-replay-count': String(letter.replayCount),
  };
}
