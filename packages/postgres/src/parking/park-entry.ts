import type { InboxEntry, ParkedFailure, ParkingBounds } from '@throughline/messaging';
import type { Transaction } from '../database/database.ts';
import { forgetAttempts } from '../inbox/handling-attempts.ts';
import { recordProcessed } from '../inbox/processed-events.ts';
import { storableCount, storableText, storableTime } from '../inbox/storable.ts';
import { storeDeadLetter } from '../inbox/store-dead-letter.ts';
import { appendParked, type BlockName, blockNameOf } from './parked-rows.ts';
import { countParked } from './parking-bounds.ts';

const MAX_ERROR_BYTES = 4_096;

/** Parks an entry as its key's head, or at the end. When it is not `parked` the caller rolls back. */
export async function parkEntry(
  tx: Transaction,
  entry: InboxEntry,
  { failure, bounds, nowMs }: { readonly failure: ParkedFailure; readonly bounds: ParkingBounds; readonly nowMs: number },
): Promise<'parked' | 'duplicate' | 'parking-full'> {
  const [isNew] = await recordProcessed(tx, [entry.key]);
  if (isNew !== true) return 'duplicate';
  const block = blockNameOf(entry);
  const parkedRecords = await lockOrCreateBlock(tx, block);
  const isFull = parkedRecords > bounds.maxPerKey || (await countParked(tx, block.group)) >= bounds.maxPerGroup;
  if (isFull) return 'parking-full';
  const [position] = await appendParked(tx, [entry]);
  if (position === undefined) return 'duplicate';
  if (parkedRecords === 0) await setFirstHead(tx, block, { position, failure: { ...failure, nowMs } });
  return 'parked';
}

/** Records that are parked there; none in a block just made. */
async function lockOrCreateBlock(tx: Transaction, { group, topic, keyId }: BlockName): Promise<number> {
  const [block] = await tx.query<{ parked_records: number }>(
    `INSERT INTO parked_keys (consumer_group, topic, key_id, head_position) VALUES ($1, $2, $3, 0)
     ON CONFLICT (consumer_group, topic, key_id) DO UPDATE SET parked_records = parked_keys.parked_records
     RETURNING parked_records`,
    [group, topic, keyId],
  );
  return block?.parked_records ?? 0;
}

async function setFirstHead(
  tx: Transaction,
  { group, topic, keyId }: BlockName,
  { position, failure }: { readonly position: string; readonly failure: TimedFailure },
): Promise<void> {
  const dlqId = failure.letter === undefined ? null : await storeDeadLetter(tx, failure.letter);
  if (failure.letter !== undefined) {
    await forgetAttempts(tx, { group: failure.letter.group, source: failure.letter.source, id: failure.letter.eventId });
  }
  await tx.execute(
    `UPDATE parked_keys SET head_position = $4, dlq_id = $5, replay_count = $6, attempts = $7, next_attempt_at = ${inMs('$8')}, first_failed_at = $9, last_error = $10
     WHERE consumer_group = $1 AND topic = $2 AND key_id = $3`,
    [group, topic, keyId, position, dlqId, storableCount(failure.letter?.replayCount ?? 0), ...failureColumns(failure)],
  );
}

/** A failure, and what time it is for who says when the next try is due. */
export interface TimedFailure extends ParkedFailure {
  readonly nowMs: number;
}

/** So many milliseconds from now by the database's clock, which alone decides what is due; null stays null. */
export function inMs(parameter: string): string {
  return `clock_timestamp() + ${parameter}::float8 * interval '1 ms'`;
}

/** Attempts, milliseconds until the next (none with a letter), first failure, last error. */
export function failureColumns(failure: TimedFailure): unknown[] {
  const waitsForPerson = failure.letter !== undefined || failure.nextAttemptAtMs === undefined;
  return [
    storableCount(failure.attempts),
    waitsForPerson ? null : (failure.nextAttemptAtMs ?? 0) - failure.nowMs,
    storableTime(failure.firstFailedAtMs),
    storableText(failure.lastError, MAX_ERROR_BYTES),
  ];
}
