import type { EnvelopeCodec } from '@throughline/events';
import type { IncomingRecord } from '@throughline/messaging';
import type { Queryable } from '@throughline/postgres';
import type { DayPartitions } from './day-partitions.ts';
import { type EventRow, toEventRow } from './event-row.ts';

const INSERT = `
  INSERT INTO indexed_events (day, topic, partition, record_offset, event_id, source, type, event_time, logged_at, record_key, trace_id, correlation_id, causation_id)
  SELECT day, $1, $2, record_offset, event_id, source, type, event_time, logged_at, record_key, trace_id, correlation_id, causation_id
  FROM unnest($3::date[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[])
    AS row (day, record_offset, event_id, source, type, event_time, logged_at, record_key, trace_id, correlation_id, causation_id)
  ON CONFLICT DO NOTHING`;

export interface StoreEventsOptions {
  readonly database: Queryable;
  readonly days: Pick<DayPartitions, 'dayOf'>;
  /** Envelopes that may come without headers. */
  readonly codecs: readonly EnvelopeCodec[];
}

/** Stores records of one partition by one statement; those that come again change nothing, those older than what is kept are left out. */
export async function storeEvents(options: StoreEventsOptions, records: readonly IncomingRecord[]): Promise<void> {
  const { database, days, codecs } = options;
  const rows = records.flatMap((record) => {
    const day = days.dayOf(record.timestampMs);
    return day === undefined ? [] : [toEventRow(record, day, codecs)];
  });
  const [first] = rows;
  if (first === undefined) return;
  const column = <Name extends keyof EventRow>(name: Name) => rows.map((row) => row[name]);
  const parameters = [
    first.topic,
    first.partition,
    column('day'),
    column('offset'),
    column('eventId'),
    column('source'),
    column('type'),
    column('eventTime'),
    column('loggedAt'),
    column('key'),
    column('traceId'),
    column('correlationId'),
    column('causationId'),
  ];
  await database.execute(INSERT, parameters, { name: 'index-events' });
}
