import { randomUUID } from 'node:crypto';
import type { ContractRegistry } from '@throughline/contracts';
import { type EnvelopeCodec, type Event, EventError, epochSecondsToRfc3339, toHeaders } from '@throughline/events';
import { currentTraceHeaders, SPANS, withEventId, withSpan } from '@throughline/telemetry';
import { type Clock, systemClock } from './clock.ts';
import type { EventPublisher, NewEvent } from './event-publisher.ts';
import type { Outbox } from './outbox.ts';
import { contractViolated } from './pipeline/check-contract.ts';

export interface EventPublisherOptions<Tx> {
  /** Who publishes, e.g. `OBJECT_SERVICE`. */
  readonly source: string;
  readonly codec: EnvelopeCodec;
  readonly contracts: ContractRegistry;
  readonly outbox: Outbox<Tx>;
  /** Where events of a type go, and what kind of aggregate they are about. */
  readonly destination: (type: string) => { readonly topic: string; readonly aggregateType: string };
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/**
 * Publishes into the outbox of the caller's transaction. The trace context is that of the event's birth and is never written again.
 *
 * @example
 * await database.transaction(async (tx) => {
 *   await renameBucket(tx, bucket);
 *   await publisher.publish(tx, { type: 'BUCKET_UPDATED', key: bucket.id, ownerId, data });
 * });
 */
export function createEventPublisher<Tx>(options: EventPublisherOptions<Tx>): EventPublisher<Tx> {
  const { codec, outbox, destination } = options;
  return {
    publish: (tx, given) => {
      const event = complete(options, given);
      return withEventId(event.id, () =>
        withSpan({ name: SPANS.create(event.type), kind: 'producer' }, async () => {
          requireContract(options, event);
          const { topic, aggregateType } = destination(event.type);
          await outbox.insert(tx, [
            {
              id: event.id,
              aggregateType,
              aggregateId: given.key,
              type: event.type,
              topic,
              key: given.key,
              payload: codec.encode(event),
              headers: toHeaders(event, { contentType: codec.contentType, ...currentTraceHeaders() }),
            },
          ]);
          return event;
        }),
      );
    },
  };
}

function complete<Tx, Data>(
  { source, contracts, clock = systemClock }: EventPublisherOptions<Tx>,
  given: NewEvent<Data>,
): Event<Data> {
  const id = randomUUID();
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

function requireContract<Tx>({ codec, contracts }: EventPublisherOptions<Tx>, event: Event): void {
  const name = event.dataSchema;
  if (name === undefined) throw new EventError('CONTRACT_UNKNOWN', `No contract for events of type ${event.type}`);
  const violations = contracts.validate(name, codec.toEnvelope(event), 'closed');
  if (violations.length > 0) throw contractViolated(name, event, violations);
}
