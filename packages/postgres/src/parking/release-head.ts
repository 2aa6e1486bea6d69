import { EventError, isEventError } from '@throughline/events';
import type { ParkedHead } from '@throughline/messaging';
import type { Queryable, Transaction } from '../database/database.ts';
import { recordProcessed } from '../inbox/processed-events.ts';
import { storableCount } from '../inbox/storable.ts';
import { storeDeadLetter } from '../inbox/store-dead-letter.ts';
import { failureColumns, inMs, type TimedFailure } from './park-entry.ts';
import { blockNameOf } from './parked-rows.ts';
import { removeHead } from './remove-head.ts';

/** `$1…$5` of the statements below: the block, and the head that was taken. */
function placeOf(head: ParkedHead): readonly unknown[] {
  const { group, topic, keyId } = blockNameOf(head.entry);
  return [group, topic, keyId, ...head.position.split('.')];
}

const IS_HEAD = 'consumer_group = $1 AND topic = $2 AND key_id = $3 AND head_position = $4 AND revision = $5';
/** A dead head is a person's: who took it before it died comes too late. */
const IS_TRIED = `${IS_HEAD} AND next_attempt_at IS NOT NULL`;

export interface ReleaseWork {
  readonly work: () => Promise<void>;
  readonly leaseMs: number;
}

/** Handles the head under its block's lock. */
export async function releaseHead(
  tx: Transaction,
  head: ParkedHead,
  { work, leaseMs }: ReleaseWork,
): Promise<{ readonly outcome: 'released' | 'gone'; readonly next: ParkedHead | undefined }> {
  const block = await lockBlock(tx, head);
  if (block === undefined) return { outcome: 'gone', next: undefined };
  // It was recorded when it was parked; its time to be kept may be over.
  await recordProcessed(tx, [head.entry.key]);
  await work();
  if (block.dlq_id !== null) await resolveDeadLetter(tx, block.dlq_id);
  const [position] = head.position.split('.');
  const next = await removeHead(tx, { block: blockNameOf(head.entry), position: position ?? '', leaseMs });
  return { outcome: 'released', next };
}

/** Chunks that park behind the head hold its block for as long as their handlers run: that they are slow is nobody's failure here. */
async function lockBlock(tx: Queryable, head: ParkedHead): Promise<{ readonly dlq_id: string | null } | undefined> {
  try {
    const [block] = await tx.query<{ dlq_id: string | null }>(
      `SELECT dlq_id FROM parked_keys WHERE ${IS_TRIED} FOR UPDATE`,
      placeOf(head),
    );
    return block;
  } catch (cause) {
    if (!isEventError(cause) || cause.code !== 'TRANSACTION_CONFLICT') throw cause;
    throw new EventError('STORE_UNAVAILABLE', 'The key is still held by those who park behind it', { retryable: true, cause });
  }
}

/** In the transaction of the effect: a replay that was handled never looks as if it were still to come. */
async function resolveDeadLetter(tx: Transaction, dlqId: string): Promise<void> {
  await tx.execute(`UPDATE dead_letters SET status = 'resolved', resolved_at = now() WHERE dlq_id = $1 AND status = 'replayed'`, [
    dlqId,
  ]);
}

/** Sets when the head is tried again, or stores it as a dead letter. Nothing happens when it is no longer the caller's. */
export async function postponeHead(tx: Transaction, head: ParkedHead, failure: TimedFailure): Promise<boolean> {
  const [block] = await tx.query<{ replay_count: number; is_edited: boolean }>(
    `UPDATE parked_keys AS k SET attempts = $7, next_attempt_at = ${inMs('$8')}, first_failed_at = $9, last_error = $10
     WHERE ${IS_TRIED} AND attempts = $6
     RETURNING replay_count, (SELECT is_edited FROM parked_events AS e
       WHERE e.consumer_group = k.consumer_group AND e.topic = k.topic AND e.key_id = k.key_id AND e.position = k.head_position)`,
    [...placeOf(head), head.attempts, ...failureColumns(failure)],
  );
  if (block === undefined || failure.letter === undefined) return false;
  const replayCount = Math.max(block.replay_count, storableCount(failure.letter.replayCount));
  const dlqId = await storeDeadLetter(tx, { ...failure.letter, replayCount }, block.is_edited);
  await tx.execute(`UPDATE parked_keys SET dlq_id = $6, replay_count = $7 WHERE ${IS_HEAD}`, [
    ...placeOf(head),
    dlqId,
    replayCount,
  ]);
  return true;
}

/** The try was not the head's fault. */
export async function giveHeadBack(database: Queryable, head: ParkedHead, delayMs: number): Promise<void> {
  await database.execute(
    `UPDATE parked_keys SET attempts = attempts - 1, next_attempt_at = ${inMs('$7')} WHERE ${IS_TRIED} AND attempts = $6 AND attempts > 0`,
    [...placeOf(head), head.attempts, delayMs],
  );
}
