import { EventError } from '@throughline/events';
import type { Queryable } from '@throughline/postgres';
import type { NewOrder } from '../domain/order.ts';

/** `recorded`: the first event of its order. `repeated`: the same event again, counted. `conflicting`: another event was first and stands; this one is kept beside it. */
export type Recording = 'recorded' | 'repeated' | 'conflicting';

export interface RecordOrderOptions {
  readonly order: NewOrder;
  /** Tries that the event took, this one included. */
  readonly attempt: number;
}

/**
 * Writes what an event says, once. An order is one of its owner's with this id, or of the same request.
 * @throws {EventError} retryable `TRANSACTION_CONFLICT` when the order that was in the way is gone a moment later
 */
export async function recordOrder(tx: Queryable, { order, attempt }: RecordOrderOptions): Promise<Recording> {
  const { ownerId, orderId, requestId, eventId, amount, currency, items, acceptedAt } = order;
  const inserted = await tx.execute(
    INSERT,
    [
      ownerId,
      orderId,
      requestId,
      eventId,
      amount.toFixed(2),
      currency,
      items === null ? null : JSON.stringify(items),
      acceptedAt,
      attempt,
    ],
    { name: 'order-insert' },
  );
  return inserted === 1 ? 'recorded' : recordBeside(tx, order);
}

const INSERT = `
  INSERT INTO orders (owner_id, order_id, request_id, event_id, amount, currency, items, accepted_at, attempts)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`;

/** A statement of its own: that of the insert does not see the row of a transaction for whose end it waited. */
async function recordBeside(tx: Queryable, order: NewOrder): Promise<Recording> {
  const { ownerId, orderId, requestId, eventId, amount, currency, items } = order;
  const payload = JSON.stringify({ orderId, amount, currency, ...(items !== null && { items }) });
  const [row] = await tx.query<{ isFound: boolean; isRepeated: boolean }>(BESIDE, [
    ownerId,
    orderId,
    requestId,
    eventId,
    payload,
  ]);
  // Otherwise the event would count as handled, with nothing written.
  if (row?.isFound !== true) {
    throw new EventError('TRANSACTION_CONFLICT', `Order ${orderId} was there and is not any more`, { retryable: true });
  }
  return row.isRepeated ? 'repeated' : 'conflicting';
}

const BESIDE = `
  WITH first AS (
    SELECT order_id, event_id FROM orders WHERE owner_id = $1 AND (order_id = $2 OR request_id = $3::uuid)
    ORDER BY event_id = $4 DESC, order_id = $2 DESC LIMIT 1
  ), repeated AS (
    UPDATE orders SET times_processed = times_processed + 1 FROM first
    WHERE orders.owner_id = $1 AND orders.order_id = first.order_id AND first.event_id = $4 RETURNING 1
  ), conflicting AS (
    INSERT INTO order_conflicts (owner_id, order_id, event_id, request_id, first_event_id, payload)
    SELECT $1, order_id, $4, $3::uuid, event_id, $5::jsonb FROM first WHERE event_id <> $4 ON CONFLICT DO NOTHING
  )
  SELECT EXISTS (SELECT 1 FROM first) AS "isFound", EXISTS (SELECT 1 FROM repeated) AS "isRepeated"`;
