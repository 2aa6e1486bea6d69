import { writeAudit } from '../audit/audit-log.ts';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import { OUTBOX_STATUS } from './outbox-status.ts';

/** `failed`: the broker refuses it, its key waits behind it. `waiting`: behind such a row, or that row while it is tried again. `unsent`: its turn comes. */
export type UnsentState = 'failed' | 'waiting' | 'unsent';

/** An event that is not sent yet. */
export interface UnsentEvent {
  readonly eventId: string;
  /** Its place in the outbox, for pages. */
  readonly seq: string;
  readonly type: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly topic: string;
  readonly attempts: number;
  readonly lastError: string;
  readonly createdAt: Date;
  readonly state: UnsentState;
  /** Rows of the key that wait behind a failed one, and have been looked at. */
  readonly waitingRows: number;
}

export interface UnsentQuery {
  /** (Default: failed) */
  readonly state?: UnsentState;
  /** (Default: 50) */
  readonly limit?: number;
  /** `seq` of the last row of the page before. */
  readonly after?: string | undefined;
}

export type UnsentCounts = Readonly<Record<UnsentState, number>>;

/** `not-failed`: it was sent, discarded or is being tried again. */
export type FailedRowDecision = 'decided' | 'not-failed' | 'not-found';

const STATUS_OF = { failed: OUTBOX_STATUS.failed, waiting: OUTBOX_STATUS.waiting, unsent: OUTBOX_STATUS.new } as const;

/** Oldest first. */
export async function listUnsent(database: Queryable, query: UnsentQuery = {}): Promise<readonly UnsentEvent[]> {
  const { state = 'failed', limit = 50, after } = query;
  const waitingRows =
    state === 'failed'
      ? `(SELECT count(*)::int FROM outbox AS w WHERE w.aggregatetype = o.aggregatetype AND w.aggregateid = o.aggregateid AND w.status = ${OUTBOX_STATUS.waiting})`
      : '0';
  return database.query<UnsentEvent>(
    `SELECT id AS "eventId", seq, type, aggregatetype AS "aggregateType", aggregateid AS "aggregateId", topic, attempts,
       coalesce(last_error, '') AS "lastError", created_at AS "createdAt", '${state}' AS state, ${waitingRows} AS "waitingRows"
     FROM outbox AS o WHERE status = ${STATUS_OF[state]} AND ($2::bigint IS NULL OR seq > $2) ORDER BY seq LIMIT $1`,
    [limit, after ?? null],
  );
}

/** Each by its partial index. */
export async function countUnsent(database: Queryable): Promise<UnsentCounts> {
  const counts = Object.entries(STATUS_OF).map(
    ([state, status]) => `(SELECT count(*)::int FROM outbox WHERE status = ${status}) AS ${state}`,
  );
  const [row] = await database.query<UnsentCounts>(`SELECT ${counts.join(', ')}`);
  return row ?? { failed: 0, waiting: 0, unsent: 0 };
}

/** Lets the relay try a failed row again, with all its attempts; what waits behind it follows when it is sent. Wake the relay after. */
export function replayFailed(
  database: Database,
  eventId: string,
  { operator }: { readonly operator: string },
): Promise<FailedRowDecision> {
  return decide(database, eventId, {
    row: `status = ${OUTBOX_STATUS.waiting}, attempts = 0, next_attempt_at = now()`,
    key: `state = 'backing-off', next_attempt_at = now()`,
    audit: (tx) => writeAudit(tx, { operator, action: 'outbox.replay', subject: eventId }),
  });
}

/** Gives a failed row up: it is never sent, and what waits behind it goes on. Wake the relay after. */
export function discardFailed(
  database: Database,
  eventId: string,
  { operator, reason }: { readonly operator: string; readonly reason: string },
): Promise<FailedRowDecision> {
  return decide(database, eventId, {
    row: `status = ${OUTBOX_STATUS.discarded}, sent_at = now()`,
    key: `state = 'releasing'`,
    audit: (tx) => writeAudit(tx, { operator, action: 'outbox.discard', subject: eventId, detail: { reason } }),
  });
}

interface RowDecision {
  /** What changes in the row, and in the block of its key. */
  readonly row: string;
  readonly key: string;
  readonly audit: (tx: Transaction) => Promise<void>;
}

function decide(database: Database, eventId: string, { row, key, audit }: RowDecision): Promise<FailedRowDecision> {
  return database.transaction(async (tx) => {
    const changed = await tx.execute(
      `WITH head AS (
         UPDATE outbox SET ${row} WHERE status = ${OUTBOX_STATUS.failed} AND id = $1 RETURNING shard, seq
       )
       UPDATE outbox_blocked_keys AS b SET ${key}
       FROM head WHERE b.shard = head.shard AND b.head_seq = head.seq AND b.state = 'failed'`,
      [eventId],
    );
    if (changed === 0) {
      const exists = await tx.query('SELECT 1 FROM outbox WHERE id = $1 LIMIT 1', [eventId]);
      return exists.length > 0 ? 'not-failed' : 'not-found';
    }
    await audit(tx);
    return 'decided';
  });
}
