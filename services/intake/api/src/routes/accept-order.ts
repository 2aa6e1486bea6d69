import { type Event, isEventError, nowRfc3339 } from '@throughline/events';
import { defineRoute, idempotencyKeyOf, Problem, type Route, validationFailed } from '@throughline/http';
import type { DirectPublisher } from '@throughline/messaging';
import type { TokenBucket } from '@throughline/redis';
import { type Logger, withEventId } from '@throughline/telemetry';
import Type from 'typebox';
import { differingSum } from '../domain/amounts.ts';
import type { OrderRequest } from '../domain/order.ts';
import { identifyOrder, type OrderIdentity } from './order-identity.ts';
import { ORDER_CHECKS, OrderBody, OrderHeaders } from './order-schema.ts';

export interface AcceptOrderOptions {
  readonly publisher: DirectPublisher;
  /** Of each client's orders. */
  readonly limiter: TokenBucket;
  readonly logger: Logger;
}

/** Takes an order: 200 means that every in-sync replica has its event. Whoever gets a 503 may send the same again; it stays the same event. */
export function acceptOrder(options: AcceptOrderOptions): Route {
  return defineRoute({
    method: 'POST',
    path: '/intake/orders',
    operationId: 'acceptOrder',
    summary: 'Place an order',
    auth: 'required',
    scopes: ['orders:write'],
    headersSchema: OrderHeaders,
    bodySchema: OrderBody,
    fieldChecks: ORDER_CHECKS,
    responses: {
      200: {
        description:
          'Accepted, and kept whatever fails now; `x-event-id` names its event. What became of it is at `/intake/orders/{orderId}`.',
        schema: Type.Object({ eventId: Type.String({ format: 'uuid' }), orderId: Type.String() }),
      },
      429: { description: '`rate_limited`: more orders a second than one client may place.' },
      503: {
        description: '`overloaded`: certainly not accepted. `publish_failed`: it may have been; sent again it is the same order.',
      },
    },
    admit: async ({ principal }) => {
      const { isAllowed, retryAfterMs } = await options.limiter.take(principal?.userId ?? '');
      if (!isAllowed) throw rateLimited(retryAfterMs);
    },
    handler: async ({ body, request, requirePrincipal }) => {
      const ownerId = requireUuid(requirePrincipal().userId);
      checkSum(body);
      const identity = identifyOrder(ownerId, body, idempotencyKeyOf(request));
      const { eventId, order } = identity;
      // Begun outside: the publisher goes on to send what others want published.
      const publishing = publish(options.publisher, ownerId, identity);
      await withEventId(eventId, () => settle(publishing, identity, options.logger));
      return { status: 200, body: { eventId, orderId: order.orderId }, headers: { 'x-event-id': eventId } };
    },
  });
}

function publish(publisher: DirectPublisher, ownerId: string, { eventId, requestId, order }: OrderIdentity): Promise<Event> {
  const { orderId } = order;
  const data = { ...order, requestId, acceptedAt: nowRfc3339() };
  return publisher.publish({ id: eventId, type: 'OrderCreated', key: orderId, subject: orderId, ownerId, data });
}

async function settle(publishing: Promise<unknown>, { eventId, order }: OrderIdentity, logger: Logger): Promise<void> {
  const { orderId } = order;
  try {
    await publishing;
  } catch (error) {
    if (!isEventError(error) || !error.retryable) throw error;
    if (error.code === 'QUEUE_FULL') throw overloaded();
    logger.warn({ err: error, orderId }, `Whether order ${orderId} was published is not known`);
    throw publishFailed(eventId);
  }
  logger.debug({ orderId }, `Accepted order ${orderId}`);
}

function checkSum({ amount, items = [] }: OrderRequest): void {
  const sum = differingSum(amount, items);
  if (sum === undefined) return;
  throw validationFailed([{ field: 'body/amount', message: `must be what the items come to, ${sum.toFixed(2)}` }]);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Identities are made in the namespace of the user. */
function requireUuid(userId: string): string {
  if (UUID.test(userId)) return userId;
  throw new Problem({ kind: 'forbidden', code: 'subject_unsupported', detail: 'The subject of the token is not a user id.' });
}

function rateLimited(retryAfterMs: number): Problem {
  return new Problem({
    kind: 'too-many-requests',
    code: 'rate_limited',
    detail: 'More orders than one client may place at the moment. Nothing of this one was done.',
    headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) },
  });
}

function overloaded(): Problem {
  return new Problem({
    kind: 'unavailable',
    code: 'overloaded',
    detail: 'Too many orders wait to be published. This one was not accepted.',
    headers: { 'retry-after': '1' },
  });
}

function publishFailed(eventId: string): Problem {
  return new Problem({
    kind: 'unavailable',
    code: 'publish_failed',
    detail:
      'The order could not be published in time; it may have been. Sent again, with the same key or orderId, it is the same order.',
    headers: { 'retry-after': '2', 'x-event-id': eventId },
  });
}
