import { headerText } from '@throughline/events';
import type { DeadLetter, DeadLetterReason } from '../inbox.ts';
import type { Delivery } from './delivery.ts';

const MAX_MESSAGE_CHARACTERS = 1024;
const MAX_STACK_BYTES = 4096;

/** Counts how often a dead letter was sent back; set by the replay. */
const REPLAY_COUNT_HEADER = 'dlq-replay-count';

export interface DeadLetterFacts {
  readonly delivery: Delivery;
  readonly error: unknown;
  readonly reason: DeadLetterReason;
  readonly firstFailedAtMs: number;
  readonly lastFailedAtMs: number;
}

/** The record and the story of its failure, cut to what a header may hold. */
export function toDeadLetter({ delivery, error, reason, firstFailedAtMs, lastFailedAtMs }: DeadLetterFacts): DeadLetter {
  const { record, identity, history, attempt } = delivery;
  const { topic, partition, offset, timestampMs } = history.original;
  const replays = Number(headerText(record.headers, REPLAY_COUNT_HEADER) ?? '0');
  return {
    group: identity.group,
    record,
    original: { topic, partition, offset, timestampMs },
    eventId: identity.id,
    source: identity.source,
    eventType: identity.type,
    reason,
    attempts: Math.max(attempt, 1),
    firstFailedAtMs,
    lastFailedAtMs,
    error: describe(error),
    replayCount: Number.isInteger(replays) && replays >= 0 ? replays : 0,
  };
}

function describe(error: unknown): DeadLetter['error'] {
  if (!(error instanceof Error)) return { class: typeof error, message: cut(String(error), MAX_MESSAGE_CHARACTERS), stack: '' };
  const code = (error as { code?: unknown }).code;
  const name = typeof code === 'string' ? `${error.name}:${code}` : error.name;
  return { class: name, message: cut(error.message, MAX_MESSAGE_CHARACTERS), stack: cut(error.stack ?? '', MAX_STACK_BYTES) };
}

/** By bytes of UTF-8, never inside a character. */
function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= maxBytes ? text : new TextDecoder('utf-8').decode(bytes.subarray(0, maxBytes)).replace(/\uFFFD+$/, '');
}
