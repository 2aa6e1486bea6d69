import type { DeadLetterReason } from '@throughline/messaging';
import type { Queryable } from '../database/database.ts';
import type { StoredHeaders } from '../outbox/header-json.ts';

/** `replayed` and `edited` are on their way back to the group; `resolved` was handled after all. */
export type DeadLetterState = 'waiting' | 'replayed' | 'edited' | 'resolved' | 'discarded';

/** A dead letter without its record. */
export interface DeadLetterSummary {
  readonly dlqId: string;
  /** Its place in the list, for pages. */
  readonly seq: string;
  readonly group: string;
  readonly eventId: string;
  readonly source: string;
  readonly type: string | null;
  readonly reason: DeadLetterReason;
  readonly attempts: number;
  readonly errorClass: string;
  readonly errorMessage: string;
  readonly originalTopic: string;
  readonly originalPartition: number;
  readonly originalOffset: string;
  readonly originalTimestamp: Date;
  readonly key: Buffer | null;
  readonly firstFailedAt: Date;
  readonly lastFailedAt: Date;
  readonly replayCount: number;
  readonly state: DeadLetterState;
  /** Later records of its key wait behind it. */
  readonly isKeyBlocked: boolean;
}

/** A dead letter with its record, as it came. */
export interface DeadLetterRow extends DeadLetterSummary {
  readonly value: Buffer | null;
  readonly headers: StoredHeaders;
  readonly errorStack: string;
}

export interface DeadLetterFilter {
  readonly group?: string | undefined;
  /** (Default: any) */
  readonly state?: DeadLetterState | undefined;
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
  readonly eventId?: string | undefined;
}

export interface DeadLetterQuery extends DeadLetterFilter {
  readonly limit: number;
  /** `seq` of the last one of the page before. */
  readonly after?: string | undefined;
}

const SUMMARY = `d.dlq_id AS "dlqId", d.seq, d.consumer_group AS "group", d.event_id AS "eventId", d.source, d.event_type AS type, d.reason, d.attempts,
  d.error_class AS "errorClass", d.error_message AS "errorMessage", d.original_topic AS "originalTopic", d.original_partition AS "originalPartition",
  d.original_offset AS "originalOffset", d.original_timestamp AS "originalTimestamp", d.record_key AS key, d.first_failed_at AS "firstFailedAt",
  d.last_failed_at AS "lastFailedAt", d.replay_count AS "replayCount", d.status AS state,
  EXISTS (SELECT 1 FROM parked_keys AS p WHERE p.dlq_id = d.dlq_id) AS "isKeyBlocked"`;

/** Every column that a decision needs. */
export const DEAD_LETTER_ROW = `${SUMMARY}, d.value, d.headers, d.error_stack AS "errorStack"`;

const MATCHES = `($1::text IS NULL OR d.consumer_group = $1) AND ($2::text IS NULL OR d.status = $2) AND ($3::text IS NULL OR d.event_type = $3)
  AND ($4::text IS NULL OR d.reason = $4) AND ($5::text IS NULL OR d.event_id = $5)`;

function valuesOf({ group, state, type, reason, eventId }: DeadLetterFilter): unknown[] {
  return [group ?? null, state ?? null, type ?? null, reason ?? null, eventId ?? null];
}

/** Oldest first. */
export function listDeadLetters(database: Queryable, query: DeadLetterQuery): Promise<readonly DeadLetterSummary[]> {
  return database.query<DeadLetterSummary>(
    `SELECT ${SUMMARY} FROM dead_letters AS d WHERE ${MATCHES} AND ($7::bigint IS NULL OR d.seq > $7) ORDER BY d.seq LIMIT $6`,
    [...valuesOf(query), query.limit, query.after ?? null],
  );
}

/** One dead letter with its record; undefined when there is none of this id. */
export async function findDeadLetter(database: Queryable, dlqId: string): Promise<DeadLetterRow | undefined> {
  const [row] = await database.query<DeadLetterRow>(`SELECT ${DEAD_LETTER_ROW} FROM dead_letters AS d WHERE d.dlq_id = $1`, [
    dlqId,
  ]);
  return row;
}

/** Waiting dead letters by group; groups without any are left out. */
export async function countWaiting(database: Queryable): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query<{ group: string; rows: number }>(
    `SELECT consumer_group AS "group", count(*)::int AS rows FROM dead_letters WHERE status = 'waiting' GROUP BY 1`,
  );
  return new Map(rows.map(({ group, rows: count }) => [group, count]));
}

/** What a job works through: the dead letters that waited when it began. */
export interface DeadLetterSpan extends Omit<DeadLetterFilter, 'state'> {
  readonly group: string;
  /** Those that failed last before this time. */
  readonly before?: string | undefined;
}

const SPAN = `${MATCHES} AND ($6::timestamptz IS NULL OR d.last_failed_at < $6)`;

/** How many wait now, and the highest `seq` of them. */
export async function boundOf(database: Queryable, span: DeadLetterSpan): Promise<{ total: number; lastSeq: string }> {
  const [row] = await database.query<{ total: number; lastSeq: string }>(
    `SELECT count(*)::int AS total, coalesce(max(d.seq), 0) AS "lastSeq" FROM dead_letters AS d WHERE ${SPAN}`,
    [...valuesOf({ ...span, state: 'waiting' }), span.before ?? null],
  );
  return row ?? { total: 0, lastSeq: '0' };
}

/** The next ones of the span after `after`, up to `lastSeq`, in order. */
export function nextOfSpan(
  tx: Queryable,
  span: DeadLetterSpan,
  place: { readonly after: string; readonly lastSeq: string; readonly limit: number },
): Promise<readonly { readonly dlqId: string; readonly seq: string }[]> {
  return tx.query(
    `SELECT d.dlq_id AS "dlqId", d.seq FROM dead_letters AS d WHERE ${SPAN} AND d.seq > $7 AND d.seq <= $8 ORDER BY d.seq LIMIT $9`,
    [...valuesOf({ ...span, state: 'waiting' }), span.before ?? null, place.after, place.lastSeq, place.limit],
  );
}

export interface ExhaustedQuery {
  readonly group: string;
  /** Those that were sent back so often are left out. */
  readonly maxReplays: number;
  /** Those that failed last within this time are left out, milliseconds. */
  readonly minAgeMs: number;
  readonly limit: number;
}

/** Waiting dead letters whose tries were used up, by failures or by time limits; oldest first. */
export function listExhausted(tx: Queryable, query: ExhaustedQuery): Promise<readonly { readonly dlqId: string }[]> {
  return tx.query(
    `SELECT d.dlq_id AS "dlqId" FROM dead_letters AS d
     WHERE d.consumer_group = $1 AND d.status = 'waiting' AND d.reason IN ('attempts', 'timeout') AND d.replay_count < $2
       AND d.last_failed_at <= now() - $3 * interval '1 ms'
     ORDER BY d.seq LIMIT $4`,
    [query.group, query.maxReplays, query.minAgeMs, query.limit],
  );
}
