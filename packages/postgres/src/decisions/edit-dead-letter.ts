import { replayTopic } from '@throughline/messaging';
import { writeAudit } from '../audit/audit-log.ts';
import type { Transaction } from '../database/database.ts';
import { toStoredHeaders } from '../outbox/header-json.ts';
import { insertOutboxRows } from '../outbox/insert-outbox-rows.ts';
import { type EditedRecord, replaceHead } from '../parking/head-decisions.ts';
import { type AfterDecision, tellAfterCommit } from './after-decision.ts';
import type { Decision } from './decision.ts';
import { resolveHandled, retireOriginal } from './retire-original.ts';
import { isRefusal, takeWaiting } from './take-waiting.ts';

export interface EditOptions extends AfterDecision {
  readonly dlqId: string;
  readonly operator: string;
  readonly edited: EditedRecord;
}

/** The original ends and the edited event begins in one transaction: never both, never neither. */
export async function editDeadLetter(tx: Transaction, options: EditOptions): Promise<Decision> {
  const { dlqId, operator, edited } = options;
  const letter = await takeWaiting(tx, { dlqId, state: 'edited' });
  if (isRefusal(letter)) return letter;
  const isRetired = await retireOriginal(tx, letter);
  const isInPlace = (await replaceHead(tx, dlqId, edited)) === 'decided';
  if (!isRetired && !isInPlace) return resolveHandled(tx, letter);
  if (!isInPlace) {
    await insertOutboxRows(tx, [
      {
        id: edited.eventId,
        aggregateType: 'dead-letter-replay',
        aggregateId: dlqId,
        type: edited.eventType ?? 'dead-letter',
        payload: edited.value,
        headers: toStoredHeaders(edited.headers),
        topic: replayTopic(letter.group),
        recordKey: letter.key,
      },
    ]);
  }
  await writeAudit(tx, {
    operator,
    action: 'dead-letter.edit',
    subject: dlqId,
    group: letter.group,
    detail: { eventId: letter.eventId, newEventId: edited.eventId, isInPlace },
  });
  tellAfterCommit(tx, options, { letter, outcome: 'edited', detail: `${dlqId} by ${operator}, now ${edited.eventId}` });
  return { outcome: 'decided', state: letter.state, letter };
}
