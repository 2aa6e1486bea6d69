import { currentTraceHeaders, SPANS, withEventId, withSpan } from '@throughline/telemetry';
import { completeEvent, type EventOrigin, encodeEvent } from './build-event.ts';
import type { EventPublisher } from './event-publisher.ts';
import type { Outbox } from './outbox.ts';

export interface EventPublisherOptions<Tx> extends EventOrigin {
  readonly outbox: Outbox<Tx>;
  /** Where events of a type go, and what kind of aggregate they are about. */
  readonly destination: (type: string) => { readonly topic: string; readonly aggregateType: string };
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
  const { outbox, destination } = options;
  return {
    publish: (tx, given) => {
      const event = completeEvent(options, given);
      return withEventId(event.id, () =>
        withSpan({ name: SPANS.create(event.type), kind: 'producer' }, async () => {
          const { value, headers } = encodeEvent(options, event, currentTraceHeaders());
          const { topic, aggregateType } = destination(event.type);
          const { id, type } = event;
          const { key } = given;
          await outbox.insert(tx, [{ id, aggregateType, aggregateId: key, type, topic, key, payload: value, headers }]);
          return event;
        }),
      );
    },
  };
}
