import { randomUUID } from 'node:crypto';
import { uuidV5 } from '@throughline/events';
import { canonicalJson } from '@throughline/http';
import { type AcceptedOrder, acceptedOrder, type OrderRequest } from '../domain/order.ts';

export interface OrderIdentity {
  /** The same for every repetition of a request: by its Idempotency-Key, else by its orderId, else no other's. */
  readonly requestId: string;
  /** The same for every repetition with the same content; another content under the same request or orderId is another event. */
  readonly eventId: string;
  readonly order: AcceptedOrder;
}

/**
 * Who an order is, from what its client sent. Keys and order ids are told apart, so that a key that happens to be another order's id does not make the two one request.
 *
 * @param ownerId a UUID
 */
export function identifyOrder(ownerId: string, request: OrderRequest, idempotencyKey: string | undefined): OrderIdentity {
  const requestId = uuidV5(ownerId, nameOf(request, idempotencyKey));
  const order = acceptedOrder(request, request.orderId ?? requestId);
  return { requestId, eventId: uuidV5(requestId, canonicalJson(order)), order };
}

function nameOf({ orderId }: OrderRequest, idempotencyKey: string | undefined): string {
  if (idempotencyKey !== undefined) return `key:${idempotencyKey}`;
  return orderId === undefined ? `none:${randomUUID()}` : `order:${orderId}`;
}
