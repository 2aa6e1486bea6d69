import { randomUUID } from 'node:crypto';
import type { Queryable } from '../database/database.ts';
import type { ExpectedVersion, NewStreamEvent, StreamName } from './event-store.ts';
import { VersionConflict } from './version-conflict.ts';

export interface Append {
  readonly stream: StreamName;
  readonly events: readonly NewStreamEvent[];
  readonly expectedVersion: ExpectedVersion;
}

/**
 * One statement: moves the stream's version on where it is the expected one, and inserts. A writer that comes second waits for the stream's row and then finds another version.
 * @throws {EventError} `VERSION_CONFLICT`; nothing was written then
 */
export async function appendEvents(db: Queryable, { stream, events, expectedVersion }: Append): Promise<number> {
  const parameters = [stream.aggregateType, stream.aggregateId, events.length, ...columnsOf(events)];
  const expected = expectedVersion === 0 ? 'none' : expectedVersion;
  const inserted =
    typeof expected === 'number'
      ? await db.query<{ version: string }>(APPEND.number, [...parameters, expected], { name: 'event_store_append' })
      : await db.query<{ version: string }>(APPEND[expected], parameters, { name: `event_store_append_${expected}` });
  const last = inserted.at(-1);
  if (last !== undefined) return Number(last.version);
  throw new VersionConflict(stream, { expected: expectedVersion, actual: await versionOf(db, stream) });
}

/** 0 for a stream without events. */
export async function versionOf(db: Queryable, { aggregateType, aggregateId }: StreamName): Promise<number> {
  const [row] = await db.query<{ version: string }>(
    'SELECT version FROM event_store_streams WHERE aggregate_type = $1 AND aggregate_id = $2',
    [aggregateType, aggregateId],
  );
  return Number(row?.version ?? 0);
}

function columnsOf(events: readonly NewStreamEvent[]): unknown[] {
  return [
    events.map(({ id }) => id ?? randomUUID()),
    events.map(({ type }) => type),
    events.map(({ schemaVersion }) => schemaVersion ?? 1),
    events.map(({ data }) => JSON.stringify(data)),
    events.map(({ metadata }) => JSON.stringify(metadata ?? {})),
    events.map(({ occurredAt }) => (occurredAt ?? new Date()).toISOString()),
  ];
}

/**
 * An event is stamped with its transaction's id, but never below its predecessor's: a transaction that got its id early may append late, and the stream must not be read
 * out of order for it. Readers stay right, because whoever writes from now on stamps with an id that no snapshot so far has passed.
 */
const STAMP = `greatest(pg_current_xact_id(), CASE WHEN s.epoch = now_epoch.epoch THEN s.stamp END)`;
const NOW_EPOCH = '(SELECT max(epoch) AS epoch FROM event_store_epochs) AS now_epoch';
const MOVED = `version = s.version + $3, epoch = now_epoch.epoch, stamp = ${STAMP}`;
const NEW_STREAM = `
  INSERT INTO event_store_streams AS s (aggregate_type, aggregate_id, version, epoch, stamp)
  SELECT $1, $2, $3::bigint, epoch, pg_current_xact_id() FROM ${NOW_EPOCH} ON CONFLICT (aggregate_type, aggregate_id)`;
const MOVE_ANY = `
  DO UPDATE SET version = s.version + EXCLUDED.version, epoch = EXCLUDED.epoch,
    stamp = greatest(EXCLUDED.stamp, CASE WHEN s.epoch = EXCLUDED.epoch THEN s.stamp END)`;

function statement(stream: string): string {
  return `
  WITH stream AS (${stream} RETURNING s.version, s.epoch, s.stamp)
  INSERT INTO event_store_events
    (aggregate_type, aggregate_id, version, event_id, event_type, schema_version, data, metadata, occurred_at, epoch, stamp)
  SELECT $1, $2, stream.version - $3 + e.place, e.event_id, e.event_type, e.schema_version, e.data, e.metadata, e.occurred_at, stream.epoch, stream.stamp
  FROM stream CROSS JOIN unnest($4::uuid[], $5::text[], $6::int[], $7::json[], $8::json[], $9::timestamptz[])
    WITH ORDINALITY AS e(event_id, event_type, schema_version, data, metadata, occurred_at, place)
  ORDER BY e.place
  RETURNING version`;
}

const APPEND = {
  number: statement(
    `UPDATE event_store_streams AS s SET ${MOVED} FROM ${NOW_EPOCH} WHERE s.aggregate_type = $1 AND s.aggregate_id = $2 AND s.version = $10::bigint`,
  ),
  none: statement(`${NEW_STREAM} DO NOTHING`),
  any: statement(`${NEW_STREAM} ${MOVE_ANY}`),
} as const;
