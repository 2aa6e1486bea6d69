import { AsyncLocalStorage } from 'node:async_hooks';
import { trace } from '@opentelemetry/api';
import { ATTRIBUTES } from './names.ts';

const eventIds = new AsyncLocalStorage<string>();

/** Runs `work` with the event in hand: log lines inside carry `event_id`, spans begun inside and the present one `event.id`. */
export function withEventId<Result>(eventId: string, work: () => Result): Result {
  trace.getActiveSpan()?.setAttribute(ATTRIBUTES.eventId, eventId);
  return eventIds.run(eventId, work);
}

/** The event in hand, if any. */
export function currentEventId(): string | undefined {
  return eventIds.getStore();
}
