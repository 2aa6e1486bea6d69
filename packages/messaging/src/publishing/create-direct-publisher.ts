import type { Event, EventError } from '@throughline/events';
import { type Logger, type Metrics, openCreateSpan, type TraceHeaders } from '@throughline/telemetry';
import { completeEvent, type EventOrigin, encodeEvent } from './build-event.ts';
import type { DirectPublisher } from './direct-publisher.ts';
import { createSendQueue, type SendQueue, type SendQueueOptions } from './send-queue/create-send-queue.ts';
import { createDropCounter } from './send-queue/drop-counter.ts';

export interface DirectPublisherOptions extends EventOrigin, SendQueueOptions {
  /** Where events of a type go. */
  readonly destination: (type: string) => { readonly topic: string };
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * Publishes without a transaction, straight to the broker. Calls that come while a send is under way travel together in the next one; among the events of a key that are
 * acknowledged the order is that of the calls. A repeat after `SEND_FAILED` is another event unless both were given the same `id`.
 *
 * @example
 * const publisher = createDirectPublisher({ driver, name: 'orders', source: 'ORDER_SERVICE', codec, contracts, destination, metrics, logger });
 * await publisher.publish({ type: 'ORDER_ACCEPTED', key: orderId, data }); // every in-sync replica has it
 * publisher.offer({ type: 'PAGE_SEEN', key: visitorId, data }); // whoever sees the page does not wait, and may be lost
 */
export function createDirectPublisher(options: DirectPublisherOptions): DirectPublisher {
  const queue = createSendQueue(options);
  const outlet: Outlet = { ...options, queue };
  const countDrop = createDropCounter({ ...options, subject: 'Events' });
  return {
    publish: (given) =>
      new Promise((resolve, reject) => {
        const event = completeEvent(options, given);
        enqueue(outlet, event, (error) => (error === undefined ? resolve(event) : reject(error)));
      }),
    offer: (given) => {
      let isTaken = true;
      const settle = (error?: unknown) => {
        if (error === undefined) return;
        isTaken = false;
        countDrop(topicOf(options, given.type), error);
      };
      try {
        enqueue(outlet, completeEvent(options, given), settle);
      } catch (error) {
        settle(error);
      }
      return isTaken;
    },
    close: (timeoutMs) => queue.close(timeoutMs),
  };
}

interface Outlet extends EventOrigin, Pick<DirectPublisherOptions, 'destination'> {
  readonly queue: SendQueue;
}

/** `settle` is called once: at once when the event is refused, else with what became of its send. */
function enqueue(outlet: Outlet, event: Event, settle: (error?: unknown) => void): void {
  const span = openCreateSpan(event);
  const end = (error?: unknown) => {
    span.end(error);
    settle(error);
  };
  const refused = put(outlet, event, { trace: span.headers, settle: end });
  if (refused !== undefined) end(refused);
}

function put(
  outlet: Outlet,
  event: Event,
  { trace, settle }: { readonly trace: TraceHeaders; readonly settle: (error?: EventError) => void },
): unknown {
  try {
    const { topic } = outlet.destination(event.type);
    const { value, headers } = encodeEvent(outlet, event, trace);
    return outlet.queue.add({ topic, key: event.partitionKey ?? null, value, headers }, settle);
  } catch (error) {
    return error;
  }
}

function topicOf({ destination }: DirectPublisherOptions, type: string): string {
  try {
    return destination(type).topic;
  } catch {
    return '';
  }
}
