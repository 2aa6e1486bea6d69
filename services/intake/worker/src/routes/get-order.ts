import { defineRoute, Problem, type Route } from '@throughline/http';
import type { Queryable } from '@throughline/postgres';
import { Type } from 'typebox';
import { findOrder } from '../adapters/order-query.ts';
import { ORDER_RESOURCE, toResource } from './order-resource.ts';

/** False for text that no order is called; it need not, and with a NUL cannot, be looked up. */
const ORDER_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** `GET /intake/orders/{orderId}`: one of the caller's own, once it was handled. */
export function getOrderRoute({ database }: { readonly database: Queryable }): Route {
  return defineRoute({
    method: 'GET',
    path: '/intake/orders/{orderId}',
    operationId: 'getOrder',
    summary: 'What became of an order',
    auth: 'required',
    scopes: ['orders:read'],
    pathSchema: Type.Object({ orderId: Type.String() }),
    responses: {
      200: { description: 'It was handled', schema: ORDER_RESOURCE },
      404: { description: 'No such order of yours, or not handled yet' },
    },
    handler: async ({ path: { orderId }, requirePrincipal }) => {
      const { userId: ownerId } = requirePrincipal();
      const order = ORDER_ID.test(orderId) ? await findOrder(database, { ownerId, orderId }) : undefined;
      if (order === undefined) {
        const detail = 'You have no order of this id that was handled.';
        throw new Problem({ kind: 'not-found', code: 'order_not_found', detail });
      }
      return { status: 200, body: toResource(order) };
    },
  });
}
