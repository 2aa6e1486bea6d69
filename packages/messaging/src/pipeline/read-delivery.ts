import { type EnvelopeCodec, type Event, EventError, type EventHeaders, readHeaders, recordEventId } from '@throughline/events';
import type { IncomingRecord } from '../record.ts';
import { type OriginalPosition, readRetryHistory } from '../retry-headers.ts';
import type { Delivery, Identity } from './delivery.ts';

/**
 * Finds out who a record is, without throwing: a record that nobody can read is `<topic>/<partition>/<offset>` of its original position,
 * and tells what is wrong with it when its event is asked for.
 */
export function createDeliveryReader({ group, codec }: { group: string; codec: EnvelopeCodec }) {
  return (record: IncomingRecord, signal: AbortSignal): Delivery => {
    const history = readRetryHistory(group, record);
    const headers = attempt(() => readHeaders(record.headers));
    if (headers.error !== undefined) {
      return {
        record,
        history,
        signal,
        identity: unreadable(group, history.original),
        event: thrower(headers.error),
        attempt: 0,
        counted: { byClaims: 0, byInbox: 0 },
      };
    }
    const decode = once(() => withHeaders(decodeValue(codec, record), headers.value));
    const identity = headers.value === undefined ? fromValue(group, decode, history.original) : fromHeaders(group, headers.value);
    return { record, history, signal, identity, event: decode, attempt: 0, counted: { byClaims: 0, byInbox: 0 } };
  };
}

function decodeValue(codec: EnvelopeCodec, record: IncomingRecord): Event {
  if (record.value === null) throw new EventError('DECODING_FAILED', 'The record has no value');
  return codec.decode(record.value);
}

/** The headers are what the whole backbone goes by; they also carry what an envelope has no field for. */
function withHeaders(event: Event, headers: EventHeaders | undefined): Event {
  if (headers === undefined) return event;
  const { id, source, type, time, subject, dataSchema, partitionKey, correlationId, causationId } = headers;
  return {
    ...event,
    id,
    source,
    type,
    time,
    ...(subject !== undefined && { subject }),
    ...(dataSchema !== undefined && { dataSchema }),
    ...(partitionKey !== undefined && { partitionKey }),
    ...(correlationId !== undefined && { correlationId }),
    ...(causationId !== undefined && { causationId }),
  };
}

function fromHeaders(group: string, headers: EventHeaders): Identity {
  const { id, source, type, time, traceparent, tracestate, correlationId } = headers;
  return {
    group,
    source,
    id,
    type,
    time,
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    ...(correlationId !== undefined && { correlationId }),
  };
}

function fromValue(group: string, decode: () => Event, original: OriginalPosition): Identity {
  const event = attempt(decode);
  if (event.value === undefined) return unreadable(group, original);
  const { id, source, type, time, correlationId } = event.value;
  return { group, source, id, type, time, ...(correlationId !== undefined && { correlationId }) };
}

function unreadable(group: string, original: OriginalPosition): Identity {
  const id = recordEventId(original.topic, original.partition, original.offset);
  return { group, source: original.topic, id, type: undefined, time: undefined };
}

type Attempted<Value> =
  | { readonly value: Value; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: unknown };

function attempt<Value>(work: () => Value): Attempted<Value> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

function once<Value>(work: () => Value): () => Value {
  let result: Attempted<Value> | undefined;
  return () => {
    result ??= attempt(work);
    if (result.error !== undefined) throw result.error;
    return result.value as Value;
  };
}
