import { expectStatus } from '../api-client/expect-status.ts';
import { type ApiReply, sendRequest } from '../api-client/send-request.ts';

/** An order as a client places it. */
export interface NewOrder {
  readonly orderId?: string;
  readonly amount: number;
  readonly currency?: string;
  readonly items?: readonly { readonly sku: string; readonly quantity: number; readonly unitPrice?: number }[];
}

/** What the worker made of an order. */
export interface ProcessedOrder {
  readonly orderId: string;
  readonly eventId: string;
  readonly status: 'PROCESSED';
  readonly amount: number;
  readonly currency: string;
  readonly acceptedAt: string;
  readonly processedAt: string;
  readonly attempts: number;
  readonly timesProcessed: number;
  readonly conflicts: readonly { readonly eventId: string; readonly seenAt: string }[];
}

/** As lists show it. */
export type ListedOrder = Omit<ProcessedOrder, 'conflicts'>;

export interface ProcessedPage {
  readonly items: readonly ListedOrder[];
  readonly next: string | null;
}

/** The intake as one signed-in user calls it. */
export interface IntakeClient {
  readonly token: string;
  /** The answer, whatever its status. */
  placeOrder(order: NewOrder, options?: { readonly idempotencyKey?: string }): Promise<ApiReply>;
  /** Undefined until the worker has handled it. @throws {UnexpectedAnswerError} for other answers than 200 and 404 */
  findOrder(orderId: string): Promise<ProcessedOrder | undefined>;
  /** A page of the user's own orders. @throws {UnexpectedAnswerError} for another answer than 200 */
  listProcessed(query: { readonly limit?: number; readonly after?: string }): Promise<ProcessedPage>;
}

/** A client of the edge at `baseUrl`, with a user's access token. */
export function createIntakeClient({ baseUrl, token }: { baseUrl: string; token: string }): IntakeClient {
  return {
    token,
    placeOrder: (order, { idempotencyKey } = {}) =>
      sendRequest(baseUrl, {
        method: 'POST',
        path: '/intake/orders',
        token,
        json: order,
        ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
      }),
    findOrder: async (orderId) => {
      const path = `/intake/orders/${encodeURIComponent(orderId)}`;
      const reply = await expectStatus(baseUrl, { method: 'GET', path, token }, [200, 404]);
      return reply.status === 200 ? reply.json() : undefined;
    },
    listProcessed: async (query) => {
      const reply = await expectStatus(baseUrl, { method: 'GET', path: '/intake/processed-orders', query, token }, [200]);
      return reply.json();
    },
  };
}
