import type { ListedOrder } from '../intake-client/intake-client.ts';
import type { PlacedOrder } from './order-ledger.ts';
import { orderIdOf } from './order-request.ts';

/** Orders by what came of them; lists are of order ids. */
export interface OrderVerdict {
  /** Accepted at least once. */
  readonly accepted: number;
  /** Of those, processed. */
  readonly processed: number;
  /** Accepted more than once, processed once, always under the same event. */
  readonly duplicates: number;
  /** Not accepted by any answer, some of unknown outcome: processed or not, both are right. */
  readonly unknownProcessed: number;
  readonly unknownNotProcessed: number;
  /** Accepted and not processed. */
  readonly lost: readonly string[];
  /** Processed more than once, or under more than one event. */
  readonly doubled: readonly string[];
  /** Processed although every answer said that it certainly was not accepted. */
  readonly uninvited: readonly string[];
}

/** Compares what was answered with what was processed. */
export function judgeOrders(
  run: string,
  placed: ReadonlyMap<number, PlacedOrder>,
  processedById: ReadonlyMap<string, ListedOrder>,
): OrderVerdict {
  const counts = { accepted: 0, processed: 0, duplicates: 0, unknownProcessed: 0, unknownNotProcessed: 0 };
  const lost: string[] = [];
  const doubled: string[] = [];
  const uninvited: string[] = [];
  for (const [index, order] of placed) {
    const orderId = orderIdOf(run, index);
    const processed = processedById.get(orderId);
    const isDoubled = processed !== undefined && isProcessedTwice(order, processed);
    if (isDoubled || order.isRenamed) doubled.push(orderId);
    if (order.accepted > 0) {
      counts.accepted += 1;
      if (processed === undefined) lost.push(orderId);
      else counts.processed += 1;
      if (order.accepted > 1 && processed !== undefined && !isDoubled && !order.isRenamed) counts.duplicates += 1;
    } else if (order.unknown > 0) {
      counts[processed === undefined ? 'unknownNotProcessed' : 'unknownProcessed'] += 1;
    } else if (processed !== undefined) {
      uninvited.push(orderId);
    }
  }
  return { ...counts, lost, doubled, uninvited };
}

/** Whether nothing was lost, doubled or processed uninvited. */
export function isKept({ lost, doubled, uninvited }: OrderVerdict): boolean {
  return lost.length === 0 && doubled.length === 0 && uninvited.length === 0;
}

function isProcessedTwice(order: PlacedOrder, { timesProcessed, eventId }: ListedOrder): boolean {
  return timesProcessed !== 1 || (order.eventId !== undefined && eventId !== order.eventId);
}
