import { randomUUID } from 'node:crypto';
import { REPLAY_HEADERS, replayTopic } from '@throughline/messaging';
import { writeAudit } from '../audit/audit-log.ts';
import type { Transaction } from '../database/database.ts';
import { insertOutboxRows } from '../outbox/insert-outbox-rows.ts';
import { makeHeadDue } from '../parking/head-decisions.ts';
import { type AfterDecision, tellAfterCommit } from './after-decision.ts';
import type { DeadLetterRow } from './dead-letter-rows.ts';
import type { Decision } from './decision.ts';
import { isRefusal, takeWaiting } from './take-waiting.ts';

export interface ReplayOptions extends AfterDecision {
  readonly dlqId: string;
  readonly operator: string;
  /** Undefined = no cap. */
  readonly maxReplays: number | undefined;
}

/** The change of state, the way back (outbox row, or a due head) and the audit commit together: a crash leaves all of it or nothing. */
export async function replayDeadLetter(tx: Transaction, options: ReplayOptions): Promise<Decision> {
  const { dlqId, operator, maxReplays } = options;
  const letter = await takeWaiting(tx, { dlqId, state: 'replayed', isReplay: true, maxReplays });
  if (isRefusal(letter)) return letter;
  const isInPlace = (await makeHeadDue(tx, dlqId)) === 'decided';
  if (!isInPlace) await insertReplayRow(tx, letter);
  await writeAudit(tx, {
    operator,
    action: 'dead-letter.replay',
    subject: dlqId,
    group: letter.group,
    detail: { eventId: letter.eventId, replayCount: letter.replayCount, isInPlace },
  });
  tellAfterCommit(tx, options, { letter, outcome: 'replayed', detail: `${dlqId} by ${operator}` });
  return { outcome: 'decided', state: letter.state, letter };
}

async function insertReplayRow(tx: Transaction, letter: DeadLetterRow): Promise<void> {
  await insertOutboxRows(tx, [
    {
      id: randomUUID(),
      // Replays have no order among them: one that the broker refuses must not hold up others.
      aggregateType: 'dead-letter-replay',
      aggregateId: letter.dlqId,
      type: letter.type ?? 'dead-letter',
      payload: letter.value,
      headers: {
        ...letter.headers,
        [REPLAY_HEADERS.dlqId]: letter.dlqId,
        [REPLAY_HEADERS.originalTopic]: letter.originalTopic,
        [REPLAY_HEADERS.originalPartition]: String(letter.originalPartition),
        [REPLAY_HEADERS.originalOffset]: letter.originalOffset,
        [REPLAY_HEADERS.originalTimestamp]: letter.originalTimestamp.toISOString(),
        [REPLAY_HEADERS.replayCount]: String(letter.replayCount),
      },
      topic: replayTopic(letter.group),
      recordKey: letter.key,
    },
  ]);
}
