import { writeAudit } from '../audit/audit-log.ts';
import type { Transaction } from '../database/database.ts';
import { discardHead } from '../parking/head-decisions.ts';
import { type AfterDecision, tellAfterCommit } from './after-decision.ts';
import type { Decision } from './decision.ts';
import { resolveHandled, retireOriginal } from './retire-original.ts';
import { isRefusal, takeWaiting } from './take-waiting.ts';

export interface DiscardOptions extends AfterDecision {
  readonly dlqId: string;
  readonly operator: string;
  readonly reason: string;
}

export async function discardDeadLetter(tx: Transaction, options: DiscardOptions): Promise<Decision> {
  const { dlqId, operator, reason } = options;
  const letter = await takeWaiting(tx, { dlqId, state: 'discarded' });
  if (isRefusal(letter)) return letter;
  const isRetired = await retireOriginal(tx, letter);
  const isInPlace = (await discardHead(tx, dlqId)) === 'decided';
  if (!isRetired && !isInPlace) return resolveHandled(tx, letter);
  await writeAudit(tx, {
    operator,
    action: 'dead-letter.discard',
    subject: dlqId,
    group: letter.group,
    detail: { eventId: letter.eventId, reason, isInPlace },
  });
  tellAfterCommit(tx, options, { letter, outcome: 'discarded', detail: `${dlqId} by ${operator}: ${reason}` });
  return { outcome: 'decided', state: letter.state, letter };
}
