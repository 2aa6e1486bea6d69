import { sendRequest } from '../api-client/send-request.ts';
import { createIntakeClient, type NewOrder } from '../intake-client/intake-client.ts';
import { newUser } from '../storage-client/new-user.ts';
import { checkSeen } from './check-seen.ts';
import { describeReply, type IntakeDemo, placeOrder, requireClient, waitForOrder } from './intake-demo.ts';
import { followTries, refuseOrder, replayDeadLetter, tellJourney } from './intake-failure-steps.ts';
import type { DemoStep } from './run-steps.ts';
import { waitUntil } from './wait-until.ts';

/** The steps, in order; each needs those before it. */
export const INTAKE_STEPS: readonly DemoStep<IntakeDemo>[] = [
  { title: 'Register and sign in', run: registerAndSignIn },
  { title: 'Place an order', run: placeFirstOrder },
  { title: 'Send the same request again', run: sendAgain },
  { title: 'Use its order id for another order', run: causeConflict },
  { title: 'Send what is refused', run: sendRefused },
  { title: 'Look at the queue', run: showQueue },
  { title: 'Place an order that the database refuses', run: refuseOrder },
  { title: 'Watch its tries', run: followTries },
  { title: 'Repair, and replay the dead letter', run: replayDeadLetter },
  { title: 'Tell the journey of that event', run: tellJourney },
];

async function registerAndSignIn(demo: IntakeDemo): Promise<string> {
  const { token, userId } = await newUser(demo.edgeUrl);
  demo.client = createIntakeClient({ baseUrl: demo.edgeUrl, token });
  const [, claims = ''] = token.split('.');
  const { scope = '' } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { scope?: string };
  const orders = scope.split(' ').filter((name) => name.startsWith('orders:'));
  checkSeen(orders.length === 2, `a token with orders:write and orders:read (scope: ${scope})`);
  return `user ${userId} has a token with ${orders.join(' and ')}.`;
}

async function placeFirstOrder(demo: IntakeDemo): Promise<string> {
  const accepted = await placeOrder(demo, orderOf(demo), { idempotencyKey: keyOf(demo) });
  demo.accepted = accepted;
  const { status, amount, currency, attempts } = await waitForOrder(demo, accepted.orderId);
  checkSeen(status === 'PROCESSED' && amount === 100 && currency === 'EUR' && attempts === 1, 'the order as it was placed');
  return `200 gave event ${accepted.eventId}; the worker made of it ${accepted.orderId}: ${amount.toFixed(2)} ${currency}, at the first try.`;
}

async function sendAgain(demo: IntakeDemo): Promise<string> {
  const again = await placeOrder(demo, orderOf(demo), { idempotencyKey: keyOf(demo) });
  checkSeen(again.eventId === demo.accepted?.eventId, 'the same event id for the same request');
  await waitUntil('the worker to meet the event a second time', async () => {
    const lines = await demo.operations.journey(again.eventId);
    return lines.some(({ outcome }) => outcome === 'duplicate') || undefined;
  });
  const { timesProcessed, conflicts } = await waitForOrder(demo, again.orderId);
  checkSeen(timesProcessed === 1 && (conflicts ?? []).length === 0, `an effect once (${timesProcessed}), no conflict`);
  return '200 with the same event id; the worker skipped it as a duplicate, and the order was processed once.';
}

async function causeConflict(demo: IntakeDemo): Promise<string> {
  const other = await placeOrder(demo, { orderId: `demo-${demo.runId}`, amount: 250 });
  checkSeen(other.eventId !== demo.accepted?.eventId, 'another event id for another body');
  const order = await waitForOrder(demo, other.orderId, ({ conflicts }) => (conflicts ?? []).length > 0);
  checkSeen(order.amount === 100 && order.eventId === demo.accepted?.eventId, 'the first order as it was');
  checkSeen(order.conflicts?.[0]?.eventId === other.eventId, 'the second one as its conflict');
  return `200 with event ${other.eventId}; the first one won (${order.amount.toFixed(2)} ${order.currency}), the other is its conflict.`;
}

async function sendRefused(demo: IntakeDemo): Promise<string> {
  const client = requireClient(demo);
  const cents = await client.placeOrder({ amount: 1.005 });
  checkSeen(cents.status === 422, `422 for a third decimal (was ${describeReply(cents)})`);
  const sum = await client.placeOrder({ amount: 10, items: [{ sku: 'a', quantity: 3, unitPrice: 3 }] });
  checkSeen(sum.status === 422, `422 for items of 9.00 in an order of 10.00 (was ${describeReply(sum)})`);
  const stranger = await sendRequest(demo.edgeUrl, { method: 'POST', path: '/intake/orders', json: { amount: 10 } });
  checkSeen(stranger.status === 401, `401 without a token (was ${describeReply(stranger)})`);
  return `a third decimal: ${describeReply(cents)}; items that are not the amount: ${describeReply(sum)}; no token: ${describeReply(stranger)}.`;
}

async function showQueue(demo: IntakeDemo): Promise<string> {
  const queue = await waitUntil('the queue to be empty and to have a worker', async () => {
    const seen = await demo.operations.queue();
    return seen.approximateNumberOfMessages === 0 && (seen.members ?? 0) > 0 ? seen : undefined;
  });
  const inFlight = queue.approximateNumberOfMessagesNotVisible;
  return `${queue.approximateNumberOfMessages} waiting, ${inFlight} in flight, ${queue.approximateNumberOfMessagesDelayed} delayed, ${queue.deadLetters} dead letters; workers: ${queue.members}.`;
}

function orderOf({ runId }: IntakeDemo): NewOrder {
  return { orderId: `demo-${runId}`, amount: 100, items: [{ sku: 'lamp', quantity: 2, unitPrice: 50 }] };
}

function keyOf({ runId }: IntakeDemo): string {
  return `demo-${runId}`;
}
