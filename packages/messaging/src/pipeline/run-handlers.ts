import type { Event } from '@throughline/events';
import { SPANS, type TraceHeaders, withEventId, withSpan, withTraceOf } from '@throughline/telemetry';
import type { Clock } from '../clock.ts';
import type { BatchItem } from '../subscribing/subscription.ts';
import type { Delivery } from './delivery.ts';
import { HandlerWatch } from './handler-watch.ts';
import type { Route } from './route-events.ts';

export interface RunHandlersOptions<Tx> {
  readonly group: string;
  readonly route: (type: string) => Route<Tx> | undefined;
  readonly handlerTimeoutMs: number;
  /** A handler of single events gives way to the others of its transaction after this time, milliseconds. (Default: never) */
  readonly slowHandlerMs?: number;
  readonly clock: Clock;
}

/** Places in a list of deliveries, `to` not included, of which one or more made their handler fail. */
export interface Suspects {
  from: number;
  to: number;
  /** It did not fail: it kept the others waiting. */
  isSlow?: boolean;
}

/**
 * Calls the handlers of checked deliveries in order, within a transaction: those that take one event for each, those that take many for each run of
 * neighbours that is theirs. Notes in `suspects` who is in hand, so that the caller knows whose fault a rejection was.
 */
export type RunHandlers<Tx> = (tx: Tx, deliveries: readonly Delivery[], call: HandlersCall) => Promise<void>;

export interface HandlersCall {
  readonly signal: AbortSignal;
  readonly suspects: Suspects;
}

export function createHandlersRun<Tx>(options: RunHandlersOptions<Tx>): RunHandlers<Tx> {
  const { route, clock, handlerTimeoutMs, slowHandlerMs } = options;
  return async (tx, deliveries, { signal, suspects }) => {
    const isShared = deliveries.length > 1;
    const watch = new HandlerWatch({
      clock,
      handlerTimeoutMs,
      outer: signal,
      ...(isShared && slowHandlerMs !== undefined && { slowHandlerMs }),
    });
    try {
      for (let at = 0; at < deliveries.length; at = suspects.to) {
        const delivery = deliveries[at] as Delivery;
        const handler = route(eventOf(delivery).type) as Route<Tx>;
        suspects.from = at;
        suspects.to = handler.takes === 'one' ? at + 1 : endOfRun(deliveries, at, (type) => route(type) === handler);
        const call = { options, tx, deliveries: deliveries.slice(suspects.from, suspects.to), signal: watch.signal };
        // Many at once take longer than one, and cannot be told apart.
        await watch.run(eventOf(delivery).type, () => callHandler(handler, call), { mayBeSlow: handler.takes === 'many' });
      }
      // What fails now is the commit, and nobody knows of whom.
      suspects.from = 0;
      suspects.to = deliveries.length;
    } finally {
      suspects.isSlow = watch.isSlow;
      watch.close();
    }
  };
}

function endOfRun(deliveries: readonly Delivery[], from: number, isTheirs: (type: string) => boolean): number {
  let to = from + 1;
  for (; to < deliveries.length; to += 1) {
    const delivery = deliveries[to];
    if (delivery === undefined || !isTheirs(eventOf(delivery).type)) break;
  }
  return to;
}

interface HandlerCall<Tx> {
  readonly options: RunHandlersOptions<Tx>;
  readonly tx: Tx;
  readonly deliveries: readonly Delivery[];
  readonly signal: AbortSignal;
}

function callHandler<Tx>(route: Route<Tx>, { options: { group }, tx, deliveries, signal }: HandlerCall<Tx>): Promise<void> {
  if (route.takes === 'many') {
    const items = deliveries.map((delivery) => itemOf(group, delivery));
    return inTracesOf(deliveries, () => route.handle(items, { tx, signal }));
  }
  const delivery = deliveries[0] as Delivery;
  const { event, ...facts } = itemOf(group, delivery);
  return inTraceOf(delivery, () => route.handle(event, { tx, signal, ...facts }));
}

function itemOf(group: string, delivery: Delivery): BatchItem {
  const event = eventOf(delivery);
  return {
    event,
    attempt: delivery.attempt,
    idempotencyKey: `${group}:${event.id}`,
    cause: { correlationId: event.correlationId ?? event.id, causationId: event.id },
  };
}

/** A batch is a span of the first event that is traced, linked to the others; what it publishes belongs there. */
function inTracesOf(deliveries: readonly Delivery[], work: () => Promise<void>): Promise<void> {
  const [first, ...others] = deliveries.filter(({ span }) => span !== undefined);
  if (first === undefined || deliveries.length === 1) return inTraceOf(deliveries[0] as Delivery, work);
  const name = SPANS.process(first.record.topic);
  return withSpan({ name, kind: 'consumer', parent: traceOf(first), links: others.map(traceOf) }, work);
}

function traceOf({ key: { traceparent, tracestate } }: Delivery): TraceHeaders {
  return { ...(traceparent !== undefined && { traceparent }), ...(tracestate !== undefined && { tracestate }) };
}

/** What the handler logs and publishes belongs to its event, whether its trace is recorded or not. */
export function inTraceOf<Result>(delivery: Delivery, work: () => Result): Result {
  const { key, span } = delivery;
  const inside = () => withEventId(key.id, work);
  if (span !== undefined) return span.run(inside);
  return key.traceparent === undefined ? inside() : withTraceOf(traceOf(delivery), inside);
}

function eventOf({ event, key }: Delivery): Event {
  if (event === undefined) throw new TypeError(`${key.id} was not decoded before its handler is called`);
  return event;
}
