import type { Event } from '@throughline/events';
import type { HandlerContext, Subscription } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';
import type { Logger } from '@throughline/telemetry';
import { recordOrder } from '../adapters/record-order.ts';
import type { OrderCreatedPayload } from '../domain/order.ts';
import { readOrder } from './read-order.ts';

/** What is done with an order: it is written down, once, whoever accepted it how often. */
export function orderHandlers({ logger }: { readonly logger: Logger }): NonNullable<Subscription<Transaction>['handlers']> {
  return {
    OrderCreated: async (event: Event<OrderCreatedPayload>, { tx, attempt }: HandlerContext<Transaction>) => {
      const order = readOrder(event);
      const recording = await recordOrder(tx, { order, attempt });
      if (recording === 'recorded') return;
      const { orderId, eventId } = order;
      const sentence =
        recording === 'repeated'
          ? 'Order was processed again'
          : 'Order was there already and says something else; the first stands';
      tx.afterCommit(() => logger.warn({ orderId, event_id: eventId, recording }, sentence));
    },
  };
}
