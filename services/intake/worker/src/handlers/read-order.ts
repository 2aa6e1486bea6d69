import { type Event, EventError } from '@throughline/events';
import type { NewOrder, OrderCreatedPayload } from '../domain/order.ts';

const DEFAULT_CURRENCY = 'EUR';

/**
 * The order that an event tells of.
 * @throws {EventError} `CONTRACT_VIOLATED` for what the schema cannot say: an event of nobody, an amount with parts of a cent
 */
export function readOrder({ id, time, ownerId, data }: Event<OrderCreatedPayload>): NewOrder {
  if (ownerId === undefined) throw new EventError('CONTRACT_VIOLATED', `Event ${id} names no owner`);
  if (!isWholeCents(data.amount)) {
    throw new EventError('CONTRACT_VIOLATED', `Event ${id}: the amount ${data.amount} has more than two decimals`);
  }
  return {
    ownerId,
    orderId: data.orderId,
    requestId: data.requestId ?? null,
    eventId: id,
    amount: data.amount,
    currency: data.currency ?? DEFAULT_CURRENCY,
    items: data.items ?? null,
    acceptedAt: data.acceptedAt ?? time,
  };
}

function isWholeCents(amount: number): boolean {
  return Number(amount.toFixed(2)) === amount;
}
