import type { Queryable } from '@throughline/postgres';
import type { OrderItem } from '../domain/order.ts';

/** An order that was handled, without what is in it. */
export interface OrderSummary {
  readonly orderId: string;
  readonly eventId: string;
  readonly amount: number;
  readonly currency: string;
  readonly acceptedAt: Date;
  readonly processedAt: Date;
  readonly attempts: number;
  readonly timesProcessed: number;
}

/** Another event about an order, which said something else. */
export interface OrderConflict {
  readonly eventId: string;
  readonly seenAt: Date;
  readonly amount: number;
  readonly currency: string;
}

export interface ProcessedOrder extends OrderSummary {
  readonly items: readonly OrderItem[] | null;
  /** The first ones. */
  readonly conflicts: readonly OrderConflict[];
}

/** Where a page of the list ended. */
export interface ListPlace {
  readonly stamp: string;
  readonly seq: string;
}

const MAX_CONFLICTS = 100;

const SUMMARY = `order_id AS "orderId", event_id AS "eventId", amount::float8 AS amount, currency, accepted_at AS "acceptedAt",
  processed_at AS "processedAt", attempts, times_processed AS "timesProcessed"`;

/** One of the owner's orders; undefined until it was handled. */
export async function findOrder(
  database: Queryable,
  { ownerId, orderId }: { readonly ownerId: string; readonly orderId: string },
): Promise<ProcessedOrder | undefined> {
  const [order] = await database.query<Omit<ProcessedOrder, 'conflicts'>>(
    `SELECT ${SUMMARY}, items FROM orders WHERE owner_id = $1 AND order_id = $2`,
    [ownerId, orderId],
    { name: 'order-find' },
  );
  if (order === undefined) return undefined;
  const conflicts = await database.query<OrderConflict>(
    `SELECT event_id AS "eventId", seen_at AS "seenAt", (payload->>'amount')::float8 AS amount, payload->>'currency' AS currency
     FROM order_conflicts WHERE owner_id = $1 AND order_id = $2 ORDER BY seen_at, event_id LIMIT ${MAX_CONFLICTS}`,
    [ownerId, orderId],
    { name: 'order-conflicts' },
  );
  return { ...order, conflicts };
}

/**
 * The owner's orders in the order in which their transactions began to write, behind a place. Only what ended before the oldest transaction that is still open: nothing can come in
 * between any more, so whoever goes on from the last place misses none (https://event-driven.io/en/ordering_in_postgres_outbox/).
 */
export function listOrders(
  database: Queryable,
  { ownerId, limit, after }: { readonly ownerId: string; readonly limit: number; readonly after: ListPlace | undefined },
): Promise<readonly (OrderSummary & ListPlace)[]> {
  return database.query(
    `SELECT ${SUMMARY}, stamp::text AS stamp, seq FROM orders
     WHERE owner_id = $1 AND (stamp, seq) > ($2::text::xid8, $3::bigint) AND stamp < pg_snapshot_xmin(pg_current_snapshot())
     ORDER BY orders.stamp, orders.seq LIMIT $4`,
    [ownerId, after?.stamp ?? '0', after?.seq ?? '0', limit],
    { name: 'order-list' },
  );
}
