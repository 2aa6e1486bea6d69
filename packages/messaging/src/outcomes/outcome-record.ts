import { EventError } from '@throughline/events';
import type { TopicDeclaration } from '../messaging-driver.ts';
import type { OutgoingRecord } from '../record.ts';
import { type EventOutcome, type EventOutcomeName, OUTCOMES_TOPIC, type OutcomeBatch } from './outcome.ts';

/*
 * The value of a record of `throughline.outcomes`: JSON in UTF-8, one object. Its key is the group, so that what one group says of an event stays in order.
 *
 *   field      type              meaning
 *   v          1                 version of this form; readers refuse others
 *   service    string            who handled, e.g. `storage.metadata`
 *   group      string            consumer group
 *   topic      string            topic that the events were read from
 *   partition  integer
 *   at         integer           when it ended, milliseconds since the epoch
 *   ms         number            from the claim to the commit, milliseconds
 *   runs       array             events in order, consecutive ones of which the same is told together:
 *     [0]      string            source
 *     [1]      string            outcome (`EventOutcomeName`)
 *     [2]      integer           attempt, 1 = the first
 *     [3]      array of string   eventIds
 *     [4]      string, optional  detail
 *
 * Fields that are not in this table may be added; readers ignore them.
 */
interface OutcomeValue {
  readonly v: 1;
  readonly service: string;
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly at: number;
  readonly ms: number;
  readonly runs: readonly OutcomeRun[];
}

type OutcomeRun = readonly [
  source: string,
  outcome: EventOutcomeName,
  attempt: number,
  eventIds: readonly string[],
  detail?: string,
];

/** A batch as it was read, with the service that told it. */
export interface OutcomeReport extends OutcomeBatch {
  readonly service: string;
}

/** Outcomes are for people who look into the last days; what an event's envelope and headers say lives longer. */
export const OUTCOMES_TOPIC_DECLARATION: TopicDeclaration = {
  topic: OUTCOMES_TOPIC,
  partitions: 6,
  retentionMs: 7 * 24 * 60 * 60 * 1_000,
};

/** The record that tells a batch. */
export function toOutcomeRecord({ service, group, topic, partition, atMs, durationMs, events }: OutcomeReport): OutgoingRecord {
  const ms = Math.round(durationMs * 1_000) / 1_000;
  const value: OutcomeValue = { v: 1, service, group, topic, partition, at: Math.round(atMs), ms, runs: runsOf(events) };
  return {
    topic: OUTCOMES_TOPIC,
    key: group,
    value: Buffer.from(JSON.stringify(value)),
    headers: { 'content-type': 'application/json' },
  };
}

/** @throws {EventError} `DECODING_FAILED`, not retryable, when the value is not in the form above */
export function readOutcomeRecord(value: Buffer | null): OutcomeReport {
  const parsed = parse(value);
  if (!isOutcomeValue(parsed)) throw new EventError('DECODING_FAILED', 'Value is not an outcome record of version 1');
  const { service, group, topic, partition, at, ms, runs } = parsed;
  const events = runs.flatMap(([source, outcome, attempt, eventIds, detail]) =>
    eventIds.map((eventId) => ({ eventId, source, outcome, attempt, ...(detail !== undefined && { detail }) })),
  );
  return { service, group, topic, partition, atMs: at, durationMs: ms, events };
}

function runsOf(events: readonly EventOutcome[]): OutcomeRun[] {
  const runs: OutcomeRun[] = [];
  let last: EventOutcome | undefined;
  let eventIds: string[] = [];
  for (const event of events) {
    if (last === undefined || !isSame(last, event)) {
      eventIds = [];
      const { source, outcome, attempt, detail } = event;
      runs.push(detail === undefined ? [source, outcome, attempt, eventIds] : [source, outcome, attempt, eventIds, detail]);
    }
    eventIds.push(event.eventId);
    last = event;
  }
  return runs;
}

function isSame(a: EventOutcome, b: EventOutcome): boolean {
  return a.source === b.source && a.outcome === b.outcome && a.attempt === b.attempt && a.detail === b.detail;
}

function parse(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString('utf8') ?? '');
  } catch (cause) {
    throw new EventError('DECODING_FAILED', 'Value of an outcome record is not JSON', { cause });
  }
}

function isOutcomeValue(value: unknown): value is OutcomeValue {
  if (typeof value !== 'object' || value === null) return false;
  const { v, service, group, topic, partition, at, ms, runs } = value as Readonly<Record<string, unknown>>;
  const hasText = [service, group, topic].every((each) => typeof each === 'string');
  const hasNumbers = [partition, at, ms].every((each) => typeof each === 'number');
  return v === 1 && hasText && hasNumbers && Array.isArray(runs) && runs.every(isRun);
}

function isRun(run: unknown): boolean {
  if (!Array.isArray(run)) return false;
  const [source, outcome, attempt, eventIds, detail] = run as unknown[];
  return (
    typeof source === 'string' &&
    typeof outcome === 'string' &&
    typeof attempt === 'number' &&
    Array.isArray(eventIds) &&
    eventIds.every((eventId) => typeof eventId === 'string') &&
    (detail === undefined || typeof detail === 'string')
  );
}
