import { isUtf8 } from 'node:buffer';
import type { AuditRow, DeadLetterRow, DeadLetterSummary } from '@throughline/postgres';

/** A dead letter as the API shows it. */
export function showDeadLetter(letter: DeadLetterSummary): Record<string, unknown> {
  return {
    dlqId: letter.dlqId,
    group: letter.group,
    eventId: letter.eventId,
    source: letter.source,
    type: letter.type,
    reason: letter.reason,
    attempts: letter.attempts,
    errorClass: letter.errorClass,
    errorMessage: letter.errorMessage,
    original: {
      topic: letter.originalTopic,
      partition: letter.originalPartition,
      offset: Number(letter.originalOffset),
      timestamp: letter.originalTimestamp,
    },
    key: letter.key === null ? null : showKey(letter.key),
    firstFailedAt: letter.firstFailedAt,
    lastFailedAt: letter.lastFailedAt,
    replayCount: letter.replayCount,
    state: letter.state,
    isKeyBlocked: letter.isKeyBlocked,
  };
}

/** The same with its record, and what was decided about it. */
export function showWholeDeadLetter(letter: DeadLetterRow, decisions: readonly AuditRow[]): Record<string, unknown> {
  return {
    ...showDeadLetter(letter),
    headers: letter.headers,
    value: letter.value === null ? null : showBytes(letter.value),
    errorStack: letter.errorStack,
    decisions: decisions.map(({ at, operator, action, detail }) => ({ at, operator, action, detail })),
  };
}

/** A key as text; one that is none as `base64:…`. */
export function showKey(key: Buffer): string {
  return isUtf8(key) ? key.toString('utf8') : `base64:${key.toString('base64')}`;
}

function showBytes(bytes: Buffer): { encoding: 'utf8' | 'base64'; text: string } {
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return { encoding, text: bytes.toString(encoding) };
}
