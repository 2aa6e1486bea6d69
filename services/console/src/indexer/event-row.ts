import { isUtf8 } from 'node:buffer';
import { type EnvelopeCodec, type EventHeaders, headerText, readHeaders, recordEventId } from '@throughline/events';
import type { IncomingRecord } from '@throughline/messaging';

/** What the index keeps of a record. */
export interface EventRow {
  readonly day: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly eventId: string;
  readonly source: string | null;
  readonly type: string | null;
  readonly eventTime: string | null;
  readonly loggedAt: string;
  readonly key: string | null;
  readonly traceId: string | null;
  readonly correlationId: string | null;
  readonly causationId: string | null;
}

/**
 * Reads headers alone where a record has ours. Another's value is tried with the codecs, as its consumers do; what cannot be read, or has broken headers, is kept under
 * `<topic>/<partition>/<offset>`.
 */
export function toEventRow(record: IncomingRecord, day: string, codecs: readonly EnvelopeCodec[]): EventRow {
  const headers = headersOf(record) ?? identityIn(record, codecs);
  return {
    day,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset.toString(),
    eventId: headers?.id ?? recordEventId(record.topic, record.partition, record.offset),
    source: headers?.source ?? null,
    type: headers?.type ?? null,
    eventTime: headers?.time ?? null,
    loggedAt: new Date(record.timestampMs).toISOString(),
    key: keyText(record.key),
    traceId: headers?.traceparent?.slice(3, 35) ?? null,
    correlationId: headers?.correlationId ?? null,
    causationId: headers?.causationId ?? null,
  };
}

function headersOf(record: IncomingRecord): EventHeaders | undefined {
  try {
    return readHeaders(record.headers);
  } catch {
    // Consumers of the topic say what is wrong with it; here it only must not stop the others.
    return undefined;
  }
}

function identityIn(record: IncomingRecord, codecs: readonly EnvelopeCodec[]): EventHeaders | undefined {
  const { value } = record;
  if (value === null || headerText(record.headers, 'ce_id') !== undefined) return undefined;
  for (const codec of codecs) {
    try {
      const { id, source, type, time } = codec.decode(value);
      return { id, source, type, time };
    } catch {
      // The next one may know it.
    }
  }
  return undefined;
}

const MAX_KEY_BYTES = 1_024;

/** Postgres holds text without NUL; any other key is shown as base64. */
function keyText(key: Buffer | null): string | null {
  if (key === null) return null;
  const bytes = key.subarray(0, MAX_KEY_BYTES);
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : `base64:${bytes.toString('base64')}`;
}
