import type { Database, Queryable } from '../database/database.ts';
import { OUTBOX_STATUS } from '../outbox/outbox-status.ts';
import type { ShardLease } from './shard-leases.ts';
import type { UnsentRow } from './waiting-rows.ts';

/** Who writes: rows change only where the lease still has this owner and this epoch. */
export interface Writer {
  readonly owner: string;
  readonly leases: readonly ShardLease[];
}

/** A row that the broker, or its absence of a topic, refused. */
export interface RefusedRow {
  readonly row: UnsentRow;
  readonly error: string;
  readonly attempts: number;
  readonly isFailed: boolean;
  readonly delayMs: number;
}

const FENCED_ROWS = `
  unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS r(seq, shard, epoch)
  JOIN outbox_shard_leases AS l ON l.shard = r.shard AND l.epoch = r.epoch AND l.owner = $4`;

/**
 * Marks new rows as sent; gives how many were still ours. The commit does not wait for the disk: what a crash of Postgres takes back is sent once more, as after
 * a crash of the relay, and repeats are what its consumers expect.
 */
export function markSent(database: Queryable, writer: Writer, rows: readonly UnsentRow[]): Promise<number> {
  return database.execute(
    `UPDATE outbox AS o SET status = ${OUTBOX_STATUS.sent}, sent_at = now()
     FROM ${FENCED_ROWS} CROSS JOIN (SELECT set_config('synchronous_commit', 'off', true)) AS unsynced
     WHERE o.seq = r.seq AND o.status = ${OUTBOX_STATUS.new}`,
    fenced(writer, rows),
  );
}

/** Marks heads of blocked keys as sent, and lets the rows behind them go. */
export function markHeadsSent(database: Queryable, writer: Writer, rows: readonly UnsentRow[]): Promise<number> {
  return database.execute(
    `WITH head AS (
       UPDATE outbox AS o SET status = ${OUTBOX_STATUS.sent}, sent_at = now() FROM ${FENCED_ROWS}
       WHERE o.seq = r.seq AND o.status = ${OUTBOX_STATUS.waiting} RETURNING o.seq, o.shard
     )
     UPDATE outbox_blocked_keys AS b SET state = 'releasing' FROM head WHERE b.shard = head.shard AND b.head_seq = head.seq`,
    fenced(writer, rows),
  );
}

/** Takes rows of blocked keys out of the way, so that each is read once and not with every look at the backlog. */
export function setWaiting(database: Queryable, writer: Writer, rows: readonly UnsentRow[]): Promise<number> {
  return database.execute(
    `UPDATE outbox AS o SET status = ${OUTBOX_STATUS.waiting} FROM ${FENCED_ROWS} WHERE o.seq = r.seq AND o.status = ${OUTBOX_STATUS.new}`,
    fenced(writer, rows),
  );
}

/** Blocks the keys of refused rows behind them. */
export async function blockKeys(database: Database, writer: Writer, refused: readonly RefusedRow[]): Promise<void> {
  const rows = refused.map(({ row }) => row);
  await database.execute(BLOCK, [
    ...fenced(writer, rows),
    refused.map(({ attempts }) => attempts),
    refused.map(({ delayMs }) => delayMs),
    refused.map(({ isFailed }) => isFailed),
    refused.map(({ error }) => error),
  ]);
}

const BLOCK = `
  WITH head AS (
    UPDATE outbox AS o SET
      status = CASE WHEN f.is_failed THEN ${OUTBOX_STATUS.failed} ELSE ${OUTBOX_STATUS.waiting} END,
      attempts = f.attempts, last_error = f.error, next_attempt_at = now() + f.delay_ms * interval '1 ms'
    FROM ${FENCED_ROWS}
    JOIN unnest($1::bigint[], $5::int[], $6::float8[], $7::boolean[], $8::text[]) AS f(seq, attempts, delay_ms, is_failed, error) ON f.seq = r.seq
    WHERE o.seq = r.seq AND o.status IN (${OUTBOX_STATUS.new}, ${OUTBOX_STATUS.waiting})
    RETURNING o.shard, o.aggregatetype, o.aggregateid, o.seq, o.next_attempt_at, f.is_failed
  )
  INSERT INTO outbox_blocked_keys (shard, aggregatetype, aggregateid, head_seq, released_seq, state, next_attempt_at)
  SELECT shard, aggregatetype, aggregateid, seq, seq, CASE WHEN is_failed THEN 'failed' ELSE 'backing-off' END, next_attempt_at FROM head
  ON CONFLICT (shard, aggregatetype, aggregateid) DO UPDATE SET
    head_seq = EXCLUDED.head_seq, released_seq = EXCLUDED.released_seq, state = EXCLUDED.state, next_attempt_at = EXCLUDED.next_attempt_at`;

function fenced(writer: Writer, rows: readonly UnsentRow[]): unknown[] {
  const epochs = new Map(writer.leases.map(({ shard, epoch }) => [shard, epoch]));
  return [
    rows.map(({ seq }) => seq),
    rows.map(({ shard }) => shard),
    rows.map(({ shard }) => epochs.get(shard) ?? '-1'),
    writer.owner,
  ];
}
