import type { OrderOutcome } from './order-outcome.ts';

/** What is known of one order from the answers to its requests. */
export interface PlacedOrder {
  accepted: number;
  unknown: number;
  /** Requests that certainly did nothing. */
  declined: number;
  /** Of the first acceptance. */
  eventId: string | undefined;
  /** An acceptance named another event than the first. */
  isRenamed: boolean;
}

/** Requests so far. */
export interface RequestCounts {
  readonly sent: number;
  readonly answered: number;
  readonly accepted: number;
  readonly refused: number;
  readonly unavailable: number;
  readonly unknown: number;
}

/** Everything that came of a run's requests. */
export interface OrderLedger {
  sent(): void;
  /** @param latencyMs from the time the request was due */
  record(index: number, outcome: OrderOutcome, latencyMs: number): void;
  counts(): RequestCounts;
  /** Requests that were not accepted, by what was said instead. */
  reasons(): Readonly<Record<string, number>>;
  /** Of accepted requests, milliseconds. */
  latenciesMs(): readonly number[];
  orders(): ReadonlyMap<number, PlacedOrder>;
}

export function createOrderLedger(): OrderLedger {
  const counts = { sent: 0, answered: 0, accepted: 0, refused: 0, unavailable: 0, unknown: 0 };
  const reasons: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const orders = new Map<number, PlacedOrder>();
  return {
    sent: () => {
      counts.sent += 1;
    },
    record(index, outcome, latencyMs) {
      counts.answered += 1;
      counts[outcome.kind] += 1;
      if (outcome.kind === 'accepted') latenciesMs.push(latencyMs);
      else reasons[outcome.reason] = (reasons[outcome.reason] ?? 0) + 1;
      note(orderAt(orders, index), outcome);
    },
    counts: () => ({ ...counts }),
    reasons: () => ({ ...reasons }),
    latenciesMs: () => latenciesMs,
    orders: () => orders,
  };
}

function orderAt(orders: Map<number, PlacedOrder>, index: number): PlacedOrder {
  const known = orders.get(index);
  if (known !== undefined) return known;
  const order = { accepted: 0, unknown: 0, declined: 0, eventId: undefined, isRenamed: false };
  orders.set(index, order);
  return order;
}

function note(order: PlacedOrder, outcome: OrderOutcome): void {
  if (outcome.kind === 'unknown') order.unknown += 1;
  else if (outcome.kind !== 'accepted') order.declined += 1;
  else {
    order.accepted += 1;
    order.eventId ??= outcome.eventId;
    if (order.eventId !== outcome.eventId) order.isRenamed = true;
  }
}
