import type { Queryable } from '../database/database.ts';
import { BEGINNING, type Place } from './checkpoint.ts';
import type { StreamEvent, StreamName } from './event-store.ts';

interface EventRow {
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly version: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly schema_version: number;
  readonly data: unknown;
  readonly metadata: Readonly<Record<string, string>>;
  readonly occurred_at: Date;
}

const COLUMNS =
  'e.aggregate_type, e.aggregate_id, e.version, e.event_id, e.event_type, e.schema_version, e.data, e.metadata, e.occurred_at';

/** A page of one stream, as stored. */
export async function readStream(
  db: Queryable,
  { aggregateType, aggregateId, fromVersion, limit }: StreamName & { readonly fromVersion: number; readonly limit: number },
): Promise<readonly StreamEvent[]> {
  const rows = await db.query<EventRow>(READ_STREAM, [aggregateType, aggregateId, fromVersion, limit], {
    name: 'event_store_read_stream',
  });
  return rows.map(toEvent);
}

const READ_STREAM = `
  SELECT ${COLUMNS} FROM event_store_events AS e
  WHERE e.aggregate_type = $1 AND e.aggregate_id = $2 AND e.version >= $3 ORDER BY e.version LIMIT $4`;

/** Higher than any position. */
const LAST_POSITION = '9223372036854775807';

/**
 * Events of all streams behind a place, as stored, and the place up to which this looked. A cursor over a sequence would lose events: numbers are given out before commits, so
 * a transaction that commits late puts lower ones behind the reader's back. Ordered by (transaction id, position), and only below `pg_snapshot_xmin`, the oldest transaction that has not
 * ended, nothing can come in between any more (https://event-driven.io/en/ordering_in_postgres_outbox/). Epochs before the present one are complete.
 */
export async function readEverything(
  db: Queryable,
  { after, types, limit }: { readonly after: Place; readonly types: readonly string[] | undefined; readonly limit: number },
): Promise<{ readonly events: readonly StreamEvent[]; readonly place: Place }> {
  const rows = await db.query<HorizonRow & Partial<EventRow & Place>>(READ_ALL, [
    after.epoch,
    after.stamp,
    after.position,
    types ?? null,
    limit,
  ]);
  const found = rows.filter((row): row is HorizonRow & EventRow & Place => typeof row.event_id === 'string');
  const events = found.map(toEvent);
  const last = found.at(-1);
  if (last !== undefined && found.length === limit) return { events, place: placeOf(last) };
  const horizon = rows[0] === undefined ? BEGINNING : horizonOf(rows[0]);
  return { events, place: later(last === undefined ? after : placeOf(last), horizon) };
}

interface HorizonRow {
  readonly now_epoch: number;
  readonly last_ended: string;
}

const READ_ALL = `
  SELECT h.now_epoch, h.last_ended, e.* FROM (
    SELECT (SELECT coalesce(max(epoch), 0) FROM event_store_epochs) AS now_epoch, pg_snapshot_xmin(pg_current_snapshot()) AS xmin,
      (pg_snapshot_xmin(pg_current_snapshot())::text::numeric - 1)::text AS last_ended
  ) AS h
  LEFT JOIN LATERAL (
    SELECT ${COLUMNS}, e.epoch, e.stamp::text AS stamp, e.position FROM event_store_events AS e
    WHERE (e.epoch, e.stamp, e.position) > ($1::int, $2::text::xid8, $3::bigint)
      AND (e.epoch < h.now_epoch OR e.stamp < h.xmin)
      AND ($4::text[] IS NULL OR e.event_type = ANY($4))
    ORDER BY e.epoch, e.stamp, e.position LIMIT $5
  ) AS e ON true`;

/** Everything up to here has been looked at. */
function horizonOf({ now_epoch: epoch, last_ended: stamp }: HorizonRow): Place {
  return { epoch, stamp, position: LAST_POSITION };
}

function placeOf({ epoch, stamp, position }: Place): Place {
  return { epoch, stamp, position };
}

function later(a: Place, b: Place): Place {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch ? a : b;
  if (a.stamp !== b.stamp) return BigInt(a.stamp) > BigInt(b.stamp) ? a : b;
  return BigInt(a.position) > BigInt(b.position) ? a : b;
}

function toEvent(row: EventRow): StreamEvent {
  return {
    aggregateType: row.aggregate_type,
    aggregateId: row.aggregate_id,
    id: row.event_id,
    version: Number(row.version),
    type: row.event_type,
    schemaVersion: row.schema_version,
    data: row.data,
    metadata: row.metadata,
    occurredAt: row.occurred_at,
  };
}
