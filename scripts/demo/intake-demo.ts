import type { ApiReply } from '../api-client/send-request.ts';
import type { IntakeClient, NewOrder, ProcessedOrder } from '../intake-client/intake-client.ts';
import { checkSeen } from './check-seen.ts';
import type { IntakeOperations } from './intake-operations.ts';
import type { OrderRefusal } from './intake-refuse-order.ts';
import { waitUntil } from './wait-until.ts';

/** What the steps of the intake demo hand on to each other. */
export interface IntakeDemo {
  readonly edgeUrl: string;
  /** Different in every run, so that runs do not meet. */
  readonly runId: string;
  readonly operations: IntakeOperations;
  readonly refusal: OrderRefusal;
  /** Prints the journey of an event as `npx throughline journey` does. */
  readonly tellJourney: (eventId: string) => Promise<string>;
  readonly say: (line: string) => void;
  client: IntakeClient | undefined;
  accepted: AcceptedOrder | undefined;
  refused: AcceptedOrder | undefined;
}

/** An order that was answered with 200. */
export interface AcceptedOrder {
  readonly eventId: string;
  readonly orderId: string;
}

/** The session that step 1 opened. */
export function requireClient({ client }: IntakeDemo): IntakeClient {
  if (client === undefined) throw new Error('nobody is signed in');
  return client;
}

/** Places an order that must be accepted, and sees that the header tells the event's id too. */
export async function placeOrder(
  demo: IntakeDemo,
  order: NewOrder,
  options: { idempotencyKey?: string } = {},
): Promise<AcceptedOrder> {
  const reply = await requireClient(demo).placeOrder(order, options);
  checkSeen(reply.status === 200, `200 for an order (was ${describeReply(reply)})`);
  const accepted = reply.json() as AcceptedOrder;
  checkSeen(reply.headers.get('x-event-id') === accepted.eventId, 'the event’s id in the header x-event-id');
  return accepted;
}

/** Waits until an order is handled and shows what is wished for. */
export function waitForOrder(
  demo: IntakeDemo,
  orderId: string,
  isAsWished: (order: ProcessedOrder) => boolean = () => true,
): Promise<ProcessedOrder> {
  return waitUntil(`order ${orderId} to be handled as wished`, async () => {
    const order = await requireClient(demo).findOrder(orderId);
    return order !== undefined && isAsWished(order) ? order : undefined;
  });
}

/** Status and code of an answer. */
export function describeReply(reply: ApiReply): string {
  const isProblem = reply.headers.get('content-type')?.includes('json') ?? false;
  return `${reply.status}${isProblem ? ` ${reply.json().code ?? ''}` : ''}`.trim();
}
