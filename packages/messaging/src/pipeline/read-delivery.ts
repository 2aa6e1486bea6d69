import { type EnvelopeCodec, type Event, EventError, type EventHeaders, readHeaders, recordEventId } from '@throughline/events';
import type { InboxEntry } from '../inbox.ts';
import type { IncomingRecord } from '../record.ts';
import { type OriginalPosition, readRetryHistory } from '../retries/retry-headers.ts';
import type { Delivery, Identity } from './delivery.ts';

export interface DeliveryReaderOptions {
  readonly group: string;
  readonly codec: EnvelopeCodec;
  readonly order: 'key' | 'none';
  /** Under which events are looked for as duplicates. (Default: the group) */
  readonly dedupGroup?: string | undefined;
}

export type DeliveryReader = (record: IncomingRecord, signal: AbortSignal, parked?: InboxEntry) => Delivery;

/**
 * Finds out who a record is, without throwing: a record that nobody can read is `<topic>/<partition>/<offset>` of its original position,
 * and tells what is wrong with it when its event is asked for. A parked record was read before: its place is known.
 */
export function createDeliveryReader(options: DeliveryReaderOptions): DeliveryReader {
  const { group, codec, order, dedupGroup = group } = options;
  return (record, signal, parked) => {
    const history = readRetryHistory(group, record);
    const original = parked?.original ?? history.original;
    const read = readIdentity({ group: dedupGroup, codec, record, original });
    const delivery: Delivery & { parksBehind?: Delivery['parksBehind'] } = {
      key: read.identity,
      record,
      eventType: read.identity.type,
      original,
      history,
      replayOf: history.replayOf,
      signal,
      decode: read.decode,
      event: undefined,
      attempt: history.attempts,
      counted: { byClaims: 0, byInbox: 0 },
      isSuspect: false,
      span: undefined,
    };
    const key = order === 'key' ? record.key : null;
    // Spread into the literal it would cost more than all the rest here.
    if (key !== null) delivery.parksBehind = { topic: original.topic, key };
    return delivery;
  };
}

interface Read {
  readonly identity: Identity;
  readonly decode: () => Event;
}

function readIdentity(from: { group: string; codec: EnvelopeCodec; record: IncomingRecord; original: OriginalPosition }): Read {
  const { group, codec, record, original } = from;
  let headers: EventHeaders | undefined;
  try {
    headers = readHeaders(record.headerTexts ?? record.headers);
  } catch (error) {
    return { identity: unreadable(group, original), decode: thrower(error) };
  }
  if (headers !== undefined) {
    return { identity: fromHeaders(group, headers), decode: () => withHeaders(decodeValue(codec, record), headers) };
  }
  try {
    const event = decodeValue(codec, record);
    return { identity: fromEvent(group, event), decode: () => event };
  } catch (error) {
    return { identity: unreadable(group, original), decode: thrower(error) };
  }
}

function decodeValue(codec: EnvelopeCodec, record: IncomingRecord): Event {
  if (record.value === null) throw new EventError('DECODING_FAILED', 'The record has no value');
  return codec.decode(record.value);
}

/** The headers are what the whole backbone goes by; they also carry what an envelope has no field for. */
function withHeaders(event: Event, headers: EventHeaders): Event {
  const { id, source, type, time, subject, dataSchema, partitionKey, correlationId, causationId } = headers;
  const merged: { -readonly [K in keyof Event]: Event[K] } = { ...event, id, source, type, time };
  if (subject !== undefined) merged.subject = subject;
  if (dataSchema !== undefined) merged.dataSchema = dataSchema;
  if (partitionKey !== undefined) merged.partitionKey = partitionKey;
  if (correlationId !== undefined) merged.correlationId = correlationId;
  if (causationId !== undefined) merged.causationId = causationId;
  return merged;
}

function fromHeaders(group: string, { id, source, type, time, traceparent, tracestate, correlationId }: EventHeaders): Identity {
  return { group, source, id, type, time, traceparent, tracestate, correlationId };
}

function fromEvent(group: string, { id, source, type, time, correlationId }: Event): Identity {
  return { group, source, id, type, time, traceparent: undefined, tracestate: undefined, correlationId };
}

function unreadable(group: string, { topic, partition, offset }: OriginalPosition): Identity {
  return {
    group,
    source: topic,
    id: recordEventId(topic, partition, offset),
    type: undefined,
    time: undefined,
    traceparent: undefined,
    tracestate: undefined,
    correlationId: undefined,
  };
}

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}
