import { type IncomingRecord, type OutcomeReport, readOutcomeRecord } from '@throughline/messaging';
import type { Queryable } from '@throughline/postgres';
import type { Logger } from '@throughline/telemetry';
import type { DayPartitions } from './day-partitions.ts';

const INSERT = `
  INSERT INTO event_outcomes (day, outcome_partition, outcome_offset, position, event_id, source, consumer_group, service, topic, partition, outcome, attempt, detail, ended_at, duration_ms)
  SELECT batch.day, $1, batch.outcome_offset, event.position, event.event_id, event.source, batch.consumer_group, batch.service, batch.topic, batch.partition,
    event.outcome, event.attempt, event.detail, batch.ended_at, batch.duration_ms
  FROM unnest($2::date[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::timestamptz[], $9::real[])
      WITH ORDINALITY AS batch (day, outcome_offset, consumer_group, service, topic, partition, ended_at, duration_ms, number)
    JOIN unnest($10::integer[], $11::integer[], $12::text[], $13::text[], $14::text[], $15::integer[], $16::text[])
      AS event (number, position, event_id, source, outcome, attempt, detail) USING (number)
  ON CONFLICT DO NOTHING`;

export interface StoreOutcomesOptions {
  readonly database: Queryable;
  readonly days: Pick<DayPartitions, 'dayOf'>;
  readonly logger: Logger;
}

interface PlacedReport {
  readonly report: OutcomeReport;
  readonly day: string;
  readonly offset: string;
}

/** Stores outcome records of one partition by one statement; those that come again change nothing. One that cannot be read is logged and left out. */
export async function storeOutcomes(options: StoreOutcomesOptions, records: readonly IncomingRecord[]): Promise<void> {
  const { database, days, logger } = options;
  const placed = records.flatMap((record): readonly PlacedReport[] => {
    const report = read(record, logger);
    const day = report && days.dayOf(report.atMs);
    return report === undefined || day === undefined ? [] : [{ report, day, offset: record.offset.toString() }];
  });
  const [first] = records;
  if (first === undefined || placed.length === 0) return;
  await database.execute(INSERT, [first.partition, ...batchColumns(placed), ...eventColumns(placed)], { name: 'index-outcomes' });
}

function read(record: IncomingRecord, logger: Logger): OutcomeReport | undefined {
  try {
    return readOutcomeRecord(record.value);
  } catch (error) {
    logger.warn(
      { err: error, partition: record.partition, offset: record.offset.toString() },
      'An outcome record cannot be read; it is left out',
    );
    return undefined;
  }
}

function batchColumns(placed: readonly PlacedReport[]): unknown[] {
  return [
    placed.map(({ day }) => day),
    placed.map(({ offset }) => offset),
    placed.map(({ report }) => report.group),
    placed.map(({ report }) => report.service),
    placed.map(({ report }) => report.topic),
    placed.map(({ report }) => report.partition),
    placed.map(({ report }) => new Date(report.atMs).toISOString()),
    placed.map(({ report }) => report.durationMs),
  ];
}

function eventColumns(placed: readonly PlacedReport[]): unknown[] {
  const events = placed.flatMap(({ report }, index) =>
    report.events.map((event, position) => ({ ...event, number: index + 1, position })),
  );
  return [
    events.map(({ number }) => number),
    events.map(({ position }) => position),
    events.map(({ eventId }) => storable(eventId)),
    events.map(({ source }) => storable(source)),
    events.map(({ outcome }) => outcome),
    events.map(({ attempt }) => attempt),
    events.map(({ detail }) => (detail === undefined ? null : storable(detail))),
  ];
}

/** Postgres holds no NUL and no half of a surrogate pair. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}
