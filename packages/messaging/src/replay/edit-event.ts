import { randomUUID } from 'node:crypto';
import type { ContractViolation } from '@throughline/contracts';
import { type Event, headerText, isEventError, type RecordHeaders, toHeaders } from '@throughline/events';
import { createRouter } from '../pipeline/route-events.ts';
import type { Subscription } from '../subscribing/subscription.ts';

export interface EditEventOptions {
  /** What could not be handled. */
  readonly original: { readonly eventId: string; readonly headers: RecordHeaders };
  /** The envelope that is to take its place, as parsed JSON; its id is replaced. */
  readonly envelope: unknown;
  /** Of the group that could not handle the original. */
  readonly subscription: Pick<Subscription<never>, 'group' | 'codec' | 'contracts' | 'handlers' | 'batchHandlers'>;
  /** (Default: a random UUID) */
  readonly newId?: () => string;
}

/** A record with an identity of its own, and the original as its cause. */
export interface EditedEvent {
  readonly source: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly value: Buffer;
  readonly headers: RecordHeaders;
}

/** What is wrong with the envelope; a `path` of '' is the envelope itself. */
export interface EditRefusal {
  readonly violations: readonly Pick<ContractViolation, 'path' | 'message'>[];
}

/**
 * The event that a person made of one that could not be handled: a new event with a new id, caused by the original and in its correlation and trace. It is checked as its
 * handler will check it (open view), and there must be one. Headers that are not ours stay.
 */
export function editEvent(options: EditEventOptions): EditedEvent | EditRefusal {
  const { original, subscription } = options;
  const { group, codec, contracts } = subscription;
  const decoded = decode(options);
  if ('violations' in decoded) return decoded;
  const dataSchema = contracts.newest(decoded.type);
  if (dataSchema === undefined) return refusal(`is of type ${decoded.type}, which has no contract`);
  if (createRouter(subscription)(decoded.type) === undefined)
    return refusal(`is of type ${decoded.type}, which ${group} does not handle`);
  const text = (name: string) => headerText(original.headers, name);
  const partitionKey = text('ce_partitionkey');
  const event: Event = {
    ...decoded,
    id: (options.newId ?? randomUUID)(),
    dataSchema,
    causationId: original.eventId,
    correlationId: text('ce_correlationid') ?? original.eventId,
    ...(partitionKey !== undefined && { partitionKey }),
  };
  const violations = contracts.validate(dataSchema, codec.toEnvelope(event), 'open');
  if (violations.length > 0) return { violations };
  const traceparent = text('traceparent');
  const tracestate = text('tracestate');
  const headers = toHeaders(event, {
    contentType: codec.contentType,
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
  });
  return {
    source: event.source,
    eventId: event.id,
    eventType: event.type,
    value: codec.encode(event),
    headers: { ...foreignHeaders(original.headers), ...bytesOf(headers) },
  };
}

function decode({ envelope, subscription: { codec } }: EditEventOptions): Event | EditRefusal {
  try {
    return codec.decode(Buffer.from(JSON.stringify(envelope)));
  } catch (error) {
    if (isEventError(error) && error.code === 'DECODING_FAILED') return refusal(error.message);
    // JSON.stringify gives up on what JSON.parse could still read.
    if (error instanceof RangeError) return refusal('is nested too deeply');
    throw error;
  }
}

function refusal(message: string): EditRefusal {
  return { violations: [{ path: '', message }] };
}

const OWN_HEADER = /^(?:ce_|dlq-|retry-|content-type$|traceparent$|tracestate$)/;

function foreignHeaders(headers: RecordHeaders): RecordHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADER.test(name)));
}

function bytesOf(headers: Readonly<Record<string, string>>): RecordHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));
}
