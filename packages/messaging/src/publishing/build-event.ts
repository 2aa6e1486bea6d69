import { randomUUID } from 'node:crypto';
import type { ContractRegistry } from '@throughline/contracts';
import { type EnvelopeCodec, type Event, EventError, epochSecondsToRfc3339, toHeaders } from '@throughline/events';
import type { TraceHeaders } from '@throughline/telemetry';
import { type Clock, systemClock } from '../clock.ts';
import { contractViolated } from '../pipeline/check-contract.ts';
import type { NewEvent } from './event-publisher.ts';

/** Whose events, in which envelope, under which contracts. */
export interface EventOrigin {
  /** Who publishes, e.g. `OBJECT_SERVICE`. */
  readonly source: string;
  readonly codec: EnvelopeCodec;
  readonly contracts: ContractRegistry;
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/** Fills in what the caller did not say: id, time, correlation, the newest contract of its type. */
export function completeEvent<Data>(origin: EventOrigin, given: NewEvent<Data>): Event<Data> {
  const { source, contracts, clock = systemClock } = origin;
  const id = given.id ?? randomUUID();
  const dataSchema = contracts.newest(given.type);
  return {
    id,
    source,
    type: given.type,
    time: epochSecondsToRfc3339(clock.nowMs() / 1000),
    partitionKey: given.key,
    correlationId: given.cause?.correlationId ?? id,
    data: given.data,
    ...(given.cause !== undefined && { causationId: given.cause.causationId }),
    ...(given.subject !== undefined && { subject: given.subject }),
    ...(given.ownerId !== undefined && { ownerId: given.ownerId }),
    ...(dataSchema !== undefined && { dataSchema }),
  };
}

/**
 * Value and headers of the event's record. The trace context is that of the event's birth, and is never written again.
 * @throws {EventError} `CONTRACT_UNKNOWN`, `CONTRACT_VIOLATED` (closed view), `HEADERS_INVALID`
 */
export function encodeEvent(
  { codec, contracts }: EventOrigin,
  event: Event,
  trace: TraceHeaders,
): { readonly value: Buffer; readonly headers: Readonly<Record<string, string>> } {
  const name = event.dataSchema;
  if (name === undefined) throw new EventError('CONTRACT_UNKNOWN', `No contract for events of type ${event.type}`);
  const violations = contracts.validate(name, codec.toEnvelope(event), 'closed');
  if (violations.length > 0) throw contractViolated(name, event, violations);
  return {
    value: codec.encode(event),
    headers: toHeaders(event, { contentType: codec.contentType, ...trace }),
  };
}
