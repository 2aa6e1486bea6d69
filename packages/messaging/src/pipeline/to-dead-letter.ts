import { headerText } from '@throughline/events';
import { withoutCredentials } from '@throughline/telemetry';
import type { DeadLetter, DeadLetterReason } from '../inbox.ts';
import { REPLAY_HEADERS } from '../replay/replay-headers.ts';
import { withoutRetryHeaders } from '../retries/retry-headers.ts';
import type { Delivery } from './delivery.ts';

const MAX_CLASS_BYTES = 256;
const MAX_MESSAGE_BYTES = 1024;
const MAX_STACK_BYTES = 4096;
/** The last moment of the year 9999: later ones have no RFC 3339 form. */
const LAST_MOMENT_MS = 253_402_300_799_999;

export interface DeadLetterFacts {
  readonly group: string;
  readonly delivery: Delivery;
  readonly error: unknown;
  readonly reason: DeadLetterReason;
  readonly firstFailedAtMs: number;
  readonly lastFailedAtMs: number;
}

/**
 * The record with its own headers and the story of its failure, cut to what a header may hold and without credentials. Whatever the record
 * has in it, the letter can be stored: one that could not would hold up its partition for ever.
 */
export function toDeadLetter({ group, delivery, error, reason, firstFailedAtMs, lastFailedAtMs }: DeadLetterFacts): DeadLetter {
  const { record, key, original, attempt } = delivery;
  const { topic, partition, offset, timestampMs } = original;
  const replays = headerText(record.headers, REPLAY_HEADERS.replayCount) ?? '';
  return {
    group,
    record: {
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      key: record.key,
      value: record.value,
      headers: withoutRetryHeaders(record.headers, { isReplay: delivery.replayOf !== undefined }),
      timestampMs: record.timestampMs,
    },
    original: { topic, partition, offset, timestampMs: moment(timestampMs) },
    eventId: withoutNul(key.id),
    source: withoutNul(key.source),
    eventType: key.type === undefined ? undefined : withoutNul(key.type),
    reason,
    attempts: Math.max(attempt, 1),
    firstFailedAtMs: moment(firstFailedAtMs),
    lastFailedAtMs,
    error: describeError(error),
    replayCount: /^\d{1,9}$/.test(replays) ? Number(replays) : 0,
  };
}

/** What is told of an error outside of this process; the same credentials are taken out as from log lines. */
function describeError(error: unknown): DeadLetter['error'] {
  if (!(error instanceof Error)) return { class: typeof error, message: tellable(String(error), MAX_MESSAGE_BYTES), stack: '' };
  const code = (error as { code?: unknown }).code;
  const name = typeof code === 'string' ? `${error.name}:${code}` : error.name;
  return {
    class: tellable(name, MAX_CLASS_BYTES),
    message: tellable(error.message, MAX_MESSAGE_BYTES),
    stack: tellable(error.stack ?? '', MAX_STACK_BYTES),
  };
}

/** The same in one line. */
export function summaryOf(error: unknown): string {
  const { class: name, message } = describeError(error);
  return `${name}: ${message}`;
}

function tellable(text: string, maxBytes: number): string {
  return cut(withoutNul(withoutCredentials(String(text))), maxBytes);
}

/** Postgres' text cannot hold it. An id with one was never recorded anywhere, so nothing else is meant by the changed one. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

function moment(atMs: number): number {
  return Math.min(Math.max(0, atMs), LAST_MOMENT_MS);
}

/** By bytes of UTF-8, never inside a character. */
function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= maxBytes ? text : new TextDecoder('utf-8').decode(bytes.subarray(0, maxBytes)).replace(/\uFFFD+$/, '');
}
