import { uuidV5 } from '@throughline/events';
import type { DeadLetter } from '@throughline/messaging';
import type { Queryable } from './database.ts';
import { toStoredHeaders } from './header-json.ts';
import { insertOutboxRows } from './insert-outbox-rows.ts';

/** Namespace of dead letters' ids; may never change, or a position would get a second id. */
const DLQ_NAMESPACE = 'c1a2b8f4-6a0e-5d0b-9a53-2f6f3f9f0f61';
const MAX_STACK_BYTES = 4_096;

/** The same for every write of one failed position of one group. */
function deadLetterId(
  group: string,
  position: { readonly topic: string; readonly partition: number; readonly offset: bigint },
): string {
  return uuidV5(DLQ_NAMESPACE, `${group}/${position.topic}/${position.partition}/${position.offset}`);
}

/**
 * Writes the dead letter and the outbox row that carries it to `<group>.dlq`. What is there already stays as it is and is not sent again,
 * unless this letter has been replayed more often: then it failed anew, and waits anew.
 */
export async function storeDeadLetter(tx: Queryable, letter: DeadLetter): Promise<void> {
  const dlqId = deadLetterId(letter.group, letter.original);
  if (!(await upsert(tx, dlqId, letter))) return;
  await insertOutboxRows(tx, [
    {
      id: dlqId,
      aggregateType: 'dead-letter',
      // Dead letters have no order among them: one that the broker refuses must not hold up others.
      aggregateId: dlqId,
      type: letter.eventType ?? 'dead-letter',
      payload: letter.record.value,
      headers: toStoredHeaders({ ...letter.record.headers, ...deadLetterHeaders(dlqId, letter) }),
      topic: `${letter.group}.dlq`,
      recordKey: letter.record.key,
    },
  ]);
}

async function upsert(tx: Queryable, dlqId: string, letter: DeadLetter): Promise<boolean> {
  const { record, original, error } = letter;
  const rows = await tx.execute(UPSERT, [
    dlqId,
    letter.group,
    withoutNul(letter.source),
    withoutNul(letter.eventId),
    letter.eventType === undefined ? null : withoutNul(letter.eventType),
    letter.reason,
    original.topic,
    original.partition,
    original.offset.toString(),
    new Date(original.timestampMs),
    record.key,
    record.value,
    JSON.stringify(toStoredHeaders(record.headers)),
    letter.attempts,
    new Date(letter.firstFailedAtMs),
    new Date(letter.lastFailedAtMs),
    error.class,
    withoutNul(error.message),
    withoutNul(truncateUtf8(error.stack, MAX_STACK_BYTES)),
    letter.replayCount,
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
  WHERE dead_letters.replay_count < EXCLUDED.replay_count`;

function deadLetterHeaders(dlqId: string, letter: DeadLetter): Record<string, string> {
  const { original, error } = letter;
  return {
    'dlq-id': dlqId,
    'dlq-reason': letter.reason,
    'dlq-original-topic': original.topic,
    'dlq-original-partition': String(original.partition),
    'dlq-original-offset': String(original.offset),
    'dlq-original-timestamp': new Date(original.timestampMs).toISOString(),
    'dlq-consumer-group': letter.group,
    'dlq-attempts': String(letter.attempts),
    'dlq-first-failed-at': new Date(letter.firstFailedAtMs).toISOString(),
    'dlq-last-failed-at': new Date(letter.lastFailedAtMs).toISOString(),
    'dlq-error-class': error.class,
    'dlq-error-message': truncateUtf8(error.message, MAX_STACK_BYTES),
    'dlq-error-stack': truncateUtf8(error.stack, MAX_STACK_BYTES),
    'dlq-replay-count': String(letter.replayCount),
  };
}

/** At most so many bytes, cut between two characters. */
function truncateUtf8(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  // 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/** Postgres' text cannot hold it, and a poison record may well have one in its id. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
