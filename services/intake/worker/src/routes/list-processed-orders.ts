import {
  cursorCheck,
  decodeCursor,
  defineRoute,
  encodeCursor,
  pageSchema,
  type Route,
  validationFailed,
} from '@throughline/http';
import type { Queryable } from '@throughline/postgres';
import { Type } from 'typebox';
import { type ListPlace, listOrders } from '../adapters/order-query.ts';
import { ORDER_SUMMARY, toSummary } from './order-resource.ts';

/** Fits 64 bits. */
const NUMBER = /^\d{1,18}$/;

/** `GET /intake/processed-orders`: the caller's own, oldest first; who goes on from the last page's cursor misses none. */
export function listProcessedOrdersRoute({ database }: { readonly database: Queryable }): Route {
  return defineRoute({
    method: 'GET',
    path: '/intake/processed-orders',
    operationId: 'listProcessedOrders',
    summary: 'Your orders that were handled, oldest first',
    auth: 'required',
    scopes: ['orders:read'],
    querySchema: pageSchema(),
    fieldChecks: { 'query/after': cursorCheck(placeOf) },
    responses: {
      200: {
        description: 'A page',
        schema: Type.Object({ items: Type.Array(ORDER_SUMMARY), next: Type.Union([Type.String(), Type.Null()]) }),
      },
    },
    handler: async ({ query: { limit, after }, requirePrincipal }) => {
      const { userId: ownerId } = requirePrincipal();
      const found = await listOrders(database, {
        ownerId,
        limit: limit + 1,
        after: after === undefined ? undefined : placeOf(after),
      });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      const next = last === undefined ? null : encodeCursor([last.stamp, last.seq]);
      return { status: 200, body: { items: page.map(toSummary), next } };
    },
  });
}

function placeOf(cursor: string): ListPlace {
  const [stamp, seq] = decodeCursor(cursor, 2);
  if (isNumber(stamp) && isNumber(seq)) return { stamp, seq };
  throw validationFailed([{ field: 'query/after', message: 'is not a cursor of this list' }]);
}

function isNumber(value: unknown): value is string {
  return typeof value === 'string' && NUMBER.test(value);
}
