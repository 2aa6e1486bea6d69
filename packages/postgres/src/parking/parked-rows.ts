import { createHash } from 'node:crypto';
import type { InboxEntry, ParkedHead } from '@throughline/messaging';
import type { Queryable } from '../database/database.ts';
import { storableKeyPart, storableTime } from '../inbox/storable.ts';
import { withRealPosition } from '../inbox/store-dead-letter.ts';
import { fromStoredHeaders, type StoredHeaders, toStoredHeaders } from '../outbox/header-json.ts';

/** An entry's blocked key, as the tables name it. */
export interface BlockName {
  readonly group: string;
  readonly topic: string;
  readonly keyId: Buffer;
}

/** Beside group and topic it must fit into an entry of an index. */
const MAX_KEY_BYTES = 512;

export function blockNameOf(entry: InboxEntry): BlockName {
  const { group } = entry.key;
  if (entry.parksBehind === undefined) throw new Error(`Event ${entry.key.id} of ${group} has no key to wait behind.`);
  return {
    group: storableKeyPart(group),
    topic: storableKeyPart(entry.parksBehind.topic),
    keyId: keyIdOf(entry.parksBehind.key),
  };
}

/** The key as it is, or its hash. */
function keyIdOf(key: Buffer): Buffer {
  if (key.length <= MAX_KEY_BYTES) return key;
  return Buffer.concat([Buffer.from('sha256:'), createHash('sha256').update(key).digest()]);
}

export interface ParkedRow {
  readonly position: string;
  readonly identity: string;
  readonly topic: string;
  readonly key_id: Buffer;
  readonly consumer_group: string;
  readonly record_topic: string;
  readonly record_partition: number;
  readonly record_offset: string;
  readonly record_timestamp: Date;
  readonly record_key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: StoredHeaders;
  readonly original_topic: string;
  readonly original_partition: number;
  readonly original_offset: string;
  readonly original_timestamp: Date;
}

const APPEND = `
  WITH appended AS (
    INSERT INTO parked_events (
      consumer_group, topic, key_id, source, event_id, identity, record_topic, record_partition, record_offset, record_timestamp,
      record_key, value, headers, original_topic, original_partition, original_offset, original_timestamp)
    SELECT consumer_group, topic, key_id, source, event_id, identity, record_topic, record_partition, record_offset, record_timestamp,
      record_key, value, headers::jsonb, original_topic, original_partition, original_offset, original_timestamp
    FROM unnest(
      $1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bigint[], $10::timestamptz[],
      $11::bytea[], $12::bytea[], $13::text[], $14::text[], $15::int[], $16::bigint[], $17::timestamptz[]
    ) WITH ORDINALITY AS given (
      consumer_group, topic, key_id, source, event_id, identity, record_topic, record_partition, record_offset, record_timestamp,
      record_key, value, headers, original_topic, original_partition, original_offset, original_timestamp, place)
    ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING consumer_group, topic, key_id, position, source, event_id
  ), counted AS (
    UPDATE parked_keys SET parked_records = parked_records + more.records
    FROM (SELECT consumer_group, topic, key_id, count(*)::int AS records FROM appended GROUP BY consumer_group, topic, key_id) AS more
    WHERE parked_keys.consumer_group = more.consumer_group AND parked_keys.topic = more.topic AND parked_keys.key_id = more.key_id
  )
  SELECT source, event_id, position FROM appended`;

/** Appends to keys whose blocks the caller has locked. The positions of the entries; undefined for one that was parked already. */
export async function appendParked(tx: Queryable, entries: readonly InboxEntry[]): Promise<readonly (string | undefined)[]> {
  const columns = entries.map(parametersOf);
  const parameters = Array.from({ length: 17 }, (_, index) => columns.map((row) => row[index]));
  const rows = await tx.query<{ source: string; event_id: string; position: string }>(APPEND, parameters);
  const positions = new Map(rows.map(({ source, event_id, position }) => [`${source}\0${event_id}`, position]));
  return entries.map(({ key }) => positions.get(`${storableKeyPart(key.source)}\0${storableKeyPart(key.id)}`));
}

function parametersOf(entry: InboxEntry): unknown[] {
  const { key, record, eventType } = entry;
  const { group, topic, keyId } = blockNameOf(entry);
  const original = withRealPosition(entry).original;
  return [
    ...[group, topic, keyId, storableKeyPart(key.source), storableKeyPart(key.id)],
    JSON.stringify([key.source, key.id, eventType ?? null]),
    ...[record.topic, record.partition, record.offset.toString(), storableTime(record.timestampMs)],
    ...[record.key, record.value, JSON.stringify(toStoredHeaders(record.headers))],
    ...[original.topic, original.partition, original.offset.toString(), storableTime(original.timestampMs)],
  ];
}

/** A block and its first record as the statements give them. */
export interface HeadRow extends ParkedRow {
  readonly revision: number;
  readonly attempts: number;
  readonly first_failed_at: Date | null;
  readonly last_error: string | null;
  readonly parked_records: number;
}

export function toParkedHead(row: HeadRow): ParkedHead {
  return {
    entry: toEntry(row),
    position: `${row.position}.${row.revision}`,
    attempts: row.attempts,
    firstFailedAtMs: row.first_failed_at?.getTime(),
    lastError: row.last_error ?? undefined,
    waiting: row.parked_records - 1,
  };
}

function toEntry(row: ParkedRow): InboxEntry {
  const [source, id, eventType] = JSON.parse(row.identity) as [string, string, string | null];
  const record = {
    topic: row.record_topic,
    partition: row.record_partition,
    offset: BigInt(row.record_offset),
    key: row.record_key,
    value: row.value,
    headers: fromStoredHeaders(row.headers),
    timestampMs: row.record_timestamp.getTime(),
  };
  const original = {
    topic: row.original_topic,
    partition: row.original_partition,
    offset: BigInt(row.original_offset),
    timestampMs: row.original_timestamp.getTime(),
  };
  return {
    key: { group: row.consumer_group, source, id },
    record,
    eventType: eventType ?? undefined,
    original,
    parksBehind: { topic: row.topic, key: row.record_key ?? row.key_id },
  };
}
