import { headerText, type RecordHeaders } from '@throughline/events';
import type { IncomingRecord } from '../record.ts';
import { REPLAY_HEADERS } from '../replay/replay-headers.ts';
import { replayTopic, retryDelayOf } from '../subscribing/subscription-topics.ts';
import { delayToMs } from './retry-policy.ts';

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
  /** Class and message of the last failure, without credentials. */
  lastError: 'retry-last-error',
} as const;

const NAMES: ReadonlySet<string> = new Set(Object.values(RETRY_HEADERS));
const REPLAY_NAMES: ReadonlySet<string> = new Set(Object.values(REPLAY_HEADERS));
const TOPIC_NAME = /^[\w.-]{1,249}$/;
/** Fits the log's 64 bits. */
const OFFSET = /^\d{1,18}$/;
/** How far the clocks of a producer and a broker may be apart. */
const CLOCK_TOLERANCE_MS = 60_000;

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
  readonly lastError: string | undefined;
  /** The dead letter (`dlq-id`) that was sent back and is this record. */
  readonly replayOf: string | undefined;
}

/**
 * The history in the headers of a record in one of the group's own topics for retries and replays. Anywhere else they are somebody else's, or left over from
 * a dead letter that was copied back: such a record is its own original, as is one whose headers cannot be true.
 */
export function readRetryHistory(group: string, record: IncomingRecord): RetryHistory {
  if (retryDelayOf(group, record.topic) !== undefined) return readRetry(record);
  return record.topic === replayTopic(group) ? readReplay(record) : freshHistory(record);
}

function freshHistory(original: OriginalPosition): RetryHistory {
  return { original, attempts: 0, firstFailedAtMs: undefined, lastError: undefined, replayOf: undefined };
}

function readRetry(record: IncomingRecord): RetryHistory {
  const topic = headerText(record.headers, RETRY_HEADERS.originalTopic) ?? '';
  const offset = headerText(record.headers, RETRY_HEADERS.originalOffset) ?? '';
  if (!TOPIC_NAME.test(topic) || !OFFSET.test(offset)) return freshHistory(record);
  return {
    original: {
      topic,
      offset: BigInt(offset),
      partition: count(record, RETRY_HEADERS.originalPartition) ?? 0,
      timestampMs: time(record, RETRY_HEADERS.originalTimestamp) ?? record.timestampMs,
    },
    attempts: count(record, RETRY_HEADERS.attempts) ?? 0,
    firstFailedAtMs: time(record, RETRY_HEADERS.firstFailedAt),
    lastError: headerText(record.headers, RETRY_HEADERS.lastError),
    replayOf: headerText(record.headers, REPLAY_HEADERS.dlqId),
  };
}

/** A replay begins with all its tries; an edited event names no dead letter and is its own original. */
function readReplay(record: IncomingRecord): RetryHistory {
  const replayOf = headerText(record.headers, REPLAY_HEADERS.dlqId);
  const topic = headerText(record.headers, REPLAY_HEADERS.originalTopic) ?? '';
  const offset = headerText(record.headers, REPLAY_HEADERS.originalOffset) ?? '';
  if (!TOPIC_NAME.test(topic) || !OFFSET.test(offset)) return { ...freshHistory(record), replayOf };
  const timestampMs = Date.parse(headerText(record.headers, REPLAY_HEADERS.originalTimestamp) ?? '');
  return {
    ...freshHistory({
      topic,
      offset: BigInt(offset),
      partition: count(record, REPLAY_HEADERS.originalPartition) ?? 0,
      timestampMs: Number.isNaN(timestampMs) ? record.timestampMs : timestampMs,
    }),
    replayOf,
  };
}

/**
 * When a record of the group's retry topics may be handled; undefined for at once. Never later than the topic's delay after the record was
 * written, whatever its header says: it holds up the partition.
 */
export function readDueAtMs(group: string, record: IncomingRecord): number | undefined {
  const delay = retryDelayOf(group, record.topic);
  const dueAtMs = time(record, RETRY_HEADERS.dueAt);
  if (delay === undefined || dueAtMs === undefined) return undefined;
  return Math.min(dueAtMs, record.timestampMs + delayToMs(delay) + CLOCK_TOLERANCE_MS);
}

/** A record's own headers, as they were before its first retry, and before it was sent back if it was. */
export function withoutRetryHeaders(headers: RecordHeaders, { isReplay = false } = {}): RecordHeaders {
  const isOwn = (name: string) => !NAMES.has(name) && !(isReplay && REPLAY_NAMES.has(name));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isOwn(name)));
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
    [RETRY_HEADERS.lastError]: retry.lastError ?? '',
  };
}

function count(record: IncomingRecord, name: string): number | undefined {
  return whole(record, name, /^\d{1,9}$/);
}

function time(record: IncomingRecord, name: string): number | undefined {
  return whole(record, name, /^\d{1,14}$/);
}

function whole(record: IncomingRecord, name: string, pattern: RegExp): number | undefined {
  const text = headerText(record.headers, name);
  return text !== undefined && pattern.test(text) ? Number(text) : undefined;
}
