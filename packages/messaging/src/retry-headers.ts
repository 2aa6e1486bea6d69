import { headerText } from '@throughline/events';
import type { IncomingRecord } from './record.ts';

/** Headers that a record carries in a retry topic, beside its own, which stay as they are. UTF-8 text; times in milliseconds since the epoch. */
export const RETRY_HEADERS = {
  originalTopic: 'retry-original-topic',
  originalPartition: 'retry-original-partition',
  originalOffset: 'retry-original-offset',
  originalTimestamp: 'retry-original-timestamp',
  /** Tries so far. */
  attempts: 'retry-attempts',
  firstFailedAt: 'retry-first-failed-at',
  dueAt: 'retry-due-at',
} as const;

/** Where an event was first read. */
export interface OriginalPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
}

/** What happened to a record before it came here. */
export interface RetryHistory {
  readonly original: OriginalPosition;
  readonly attempts: number;
  readonly firstFailedAtMs: number | undefined;
}

/** The history in the headers; a record that was never retried is its own original. */
export function readRetryHistory(record: IncomingRecord): RetryHistory {
  const topic = headerText(record.headers, RETRY_HEADERS.originalTopic);
  const offset = headerText(record.headers, RETRY_HEADERS.originalOffset);
  if (topic === undefined || offset === undefined || !/^\d+$/.test(offset)) {
    return { original: record, attempts: 0, firstFailedAtMs: undefined };
  }
  return {
    original: {
      topic,
      offset: BigInt(offset),
      partition: number(record, RETRY_HEADERS.originalPartition) ?? 0,
      timestampMs: number(record, RETRY_HEADERS.originalTimestamp) ?? record.timestampMs,
    },
    attempts: number(record, RETRY_HEADERS.attempts) ?? 0,
    firstFailedAtMs: number(record, RETRY_HEADERS.firstFailedAt),
  };
}

/** When a record of a retry topic may be handled; undefined for at once. */
export function readDueAtMs(record: IncomingRecord): number | undefined {
  return number(record, RETRY_HEADERS.dueAt);
}

/** The record's headers for its way through a retry topic. */
export function withRetryHeaders(
  record: IncomingRecord,
  retry: RetryHistory & { readonly firstFailedAtMs: number; readonly dueAtMs: number },
): Record<string, Buffer | string | readonly Buffer[]> {
  return {
    ...record.headers,
    [RETRY_HEADERS.originalTopic]: retry.original.topic,
    [RETRY_HEADERS.originalPartition]: String(retry.original.partition),
    [RETRY_HEADERS.originalOffset]: String(retry.original.offset),
    [RETRY_HEADERS.originalTimestamp]: String(retry.original.timestampMs),
    [RETRY_HEADERS.attempts]: String(retry.attempts),
    [RETRY_HEADERS.firstFailedAt]: String(retry.firstFailedAtMs),
    [RETRY_HEADERS.dueAt]: String(retry.dueAtMs),
  };
}

function number(record: IncomingRecord, name: string): number | undefined {
  const text = headerText(record.headers, name);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
