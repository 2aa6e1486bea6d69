import { type Static, Type } from 'typebox';
import type { OrderSummary, ProcessedOrder } from '../adapters/order-query.ts';

const TIME = Type.String({ format: 'date-time' });
const AMOUNT = Type.Number({ description: 'In units of the currency, at most two decimals' });
const CURRENCY = Type.String({ description: 'ISO 4217' });

const SUMMARY = {
  orderId: Type.String(),
  eventId: Type.String(),
  status: Type.Literal('PROCESSED'),
  amount: AMOUNT,
  currency: CURRENCY,
  acceptedAt: TIME,
  processedAt: TIME,
  attempts: Type.Integer({ description: 'How often it was begun' }),
  timesProcessed: Type.Integer({ description: 'How often it took effect: 1' }),
};

/** An order as the list shows it. */
export const ORDER_SUMMARY = Type.Object(SUMMARY);

/** An order as it is shown alone. */
export const ORDER_RESOURCE = Type.Object({
  ...SUMMARY,
  items: Type.Optional(
    Type.Array(Type.Object({ sku: Type.String(), quantity: Type.Integer(), unitPrice: Type.Optional(Type.Number()) })),
  ),
  conflicts: Type.Array(Type.Object({ eventId: Type.String(), seenAt: TIME, amount: AMOUNT, currency: CURRENCY }), {
    description: 'Accepted later for the same order or request, with another body: the first one stands',
  }),
});

export function toSummary(order: OrderSummary): Static<typeof ORDER_SUMMARY> {
  return {
    orderId: order.orderId,
    eventId: order.eventId,
    status: 'PROCESSED',
    amount: order.amount,
    currency: order.currency,
    acceptedAt: order.acceptedAt.toISOString(),
    processedAt: order.processedAt.toISOString(),
    attempts: order.attempts,
    timesProcessed: order.timesProcessed,
  };
}

export function toResource(order: ProcessedOrder): Static<typeof ORDER_RESOURCE> {
  return {
    ...toSummary(order),
    ...(order.items !== null && { items: [...order.items] }),
    conflicts: order.conflicts.map((conflict) => ({ ...conflict, seenAt: conflict.seenAt.toISOString() })),
  };
}
