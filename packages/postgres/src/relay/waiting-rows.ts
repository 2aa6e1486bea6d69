import type { Queryable } from '../database/database.ts';
import type { StoredHeaders } from '../outbox/header-json.ts';
import type { ShardLease } from './shard-leases.ts';

/** A row of the outbox, read to be sent. */
export interface UnsentRow {
  readonly seq: string;
  readonly id: string;
  readonly aggregatetype: string;
  readonly aggregateid: string;
  readonly type: string;
  readonly payload: Buffer | null;
  readonly headers: StoredHeaders;
  readonly topic: string;
  readonly record_key: Buffer | null;
  readonly shard: number;
  readonly attempts: number;
  /** Its key waits behind a head that could not be sent. */
  readonly blocked: boolean;
}

export interface TakeRequest {
  readonly leases: readonly ShardLease[];
  readonly maxRows: number;
  readonly maxRowsPerShard: number;
  /** Keys, values and headers together; one row may be larger by itself. */
  readonly maxBytes: number;
}

export interface TakenRows {
  readonly rows: UnsentRow[];
  /** Nothing was cut off by `maxRows` or `maxBytes`. */
  readonly isWhole: boolean;
}

const COLUMNS =
  'o.seq, o.id, o.aggregatetype, o.aggregateid, o.type, o.payload, o.headers, o.topic, o.record_key, o.shard, o.attempts';

function bytesOf(row: string): string {
  return `coalesce(octet_length(${row}.payload), 0) + coalesce(octet_length(${row}.record_key), 0) + octet_length(${row}.headers::text)`;
}

/**
 * New rows of the shards, shard by shard in the given order, each shard's by `seq` from its floor on.
 * One probe of the partial index a shard, so its cost depends on what is taken, not on what waits. To plan it costs several times what it costs to run.
 */
export async function takeNewRows(
  database: Queryable,
  { leases, maxRows, maxRowsPerShard, maxBytes, floorOf }: TakeRequest & { readonly floorOf: (lease: ShardLease) => bigint },
): Promise<TakenRows> {
  const shards = leases.map(({ shard }) => shard);
  const floors = leases.map((lease) => String(floorOf(lease)));
  const rows = await database.query<UnsentRow & { found: number }>(
    TAKE_NEW,
    [shards, floors, maxRowsPerShard, maxRows, maxBytes],
    { name: 'relay_take', isPlannedForIndexes: true },
  );
  const found = rows[0]?.found ?? 0;
  return { rows, isWhole: found === rows.length && found < maxRows };
}

const TAKE_NEW = `
  SELECT ${COLUMNS}, o.is_blocked AS blocked, o.found
  FROM (
    SELECT p.*, sum(p.bytes) OVER (ORDER BY p.place, p.seq ROWS UNBOUNDED PRECEDING) - p.bytes AS bytes_before, (count(*) OVER ())::int AS found
    FROM (
      SELECT s.place, r.*, ${bytesOf('r')} AS bytes,
        EXISTS (
          SELECT 1 FROM outbox_blocked_keys AS b
          WHERE b.shard = r.shard AND b.aggregatetype = r.aggregatetype AND b.aggregateid = r.aggregateid AND r.seq > b.released_seq
        ) AS is_blocked
      FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS s(shard, floor, place)
      CROSS JOIN LATERAL (SELECT * FROM outbox WHERE shard = s.shard AND seq > s.floor AND status = 0 ORDER BY seq LIMIT $3) AS r
      LIMIT $4
    ) AS p
  ) AS o
  WHERE o.bytes_before = 0 OR o.bytes_before + o.bytes <= $5
  ORDER BY o.place, o.seq`;

/** Whether any key is blocked, in whatever shard. Prepared: no plan of it can be bad. */
export async function isAnyKeyBlocked(database: Queryable): Promise<boolean> {
  const rows = await database.query('SELECT 1 FROM outbox_blocked_keys LIMIT 1', [], { name: 'relay_any_blocked' });
  return rows.length > 0;
}

/** Heads of blocked keys whose time to be tried again has come, longest due first. */
export function takeDueHeads(database: Queryable, request: Omit<TakeRequest, 'maxRowsPerShard'>): Promise<UnsentRow[]> {
  const shards = request.leases.map(({ shard }) => shard);
  return database.query<UnsentRow>(TAKE_DUE, [shards, request.maxRows, request.maxBytes]);
}

const TAKE_DUE = `
  SELECT ${COLUMNS}, true AS blocked
  FROM (
    SELECT h.*, sum(h.bytes) OVER (ORDER BY h.due_at, h.seq ROWS UNBOUNDED PRECEDING) - h.bytes AS bytes_before
    FROM (
      SELECT r.*, b.next_attempt_at AS due_at, ${bytesOf('r')} AS bytes
      FROM outbox_blocked_keys AS b
      JOIN outbox_shard_leases AS l ON l.shard = b.shard
      JOIN outbox AS r ON r.seq = b.head_seq
      WHERE b.shard = ANY($1::smallint[]) AND b.state = 'backing-off' AND b.next_attempt_at <= now() AND l.settled_at <= now()
      ORDER BY b.next_attempt_at, r.seq LIMIT $2
    ) AS h
  ) AS o
  WHERE o.bytes_before = 0 OR o.bytes_before + o.bytes <= $3
  ORDER BY o.due_at, o.seq`;
