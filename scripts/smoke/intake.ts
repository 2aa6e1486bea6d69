import { randomUUID } from 'node:crypto';
import { expectStatus } from '../api-client/expect-status.ts';
import { sendRequest } from '../api-client/send-request.ts';
import { waitUntil } from '../demo/wait-until.ts';
import { awaitOutcome, mendDeadLetter, produce } from './follow-event.ts';
import type { SmokeContext } from './smoke-context.ts';

const TOPIC = 'intake.orders.v1';
const GROUP = 'intake.worker';

/** An order accepted twice and processed once; one of another producer that breaks the contract, mended and processed. */
export async function smokeIntake(context: SmokeContext): Promise<void> {
  const orderId = `smoke-${randomUUID()}`;
  const first = await postOrder(context, orderId);
  await awaitProcessed(context, orderId);
  context.say(`order ${orderId} was accepted as event ${first} and processed`);

  const second = await postOrder(context, orderId);
  if (second !== first) throw new Error(`the same order was accepted as ${first} and as ${second}`);
  await awaitOutcome(context, { eventId: first, group: GROUP, outcome: 'duplicate' });
  const { timesProcessed } = await awaitProcessed(context, orderId);
  if (timesProcessed !== 1) throw new Error(`order ${orderId} was processed ${timesProcessed} times`);
  context.say('sent again it was noticed as a duplicate, and took effect once');

  const brokenId = `smoke-${randomUUID()}`;
  const eventId = randomUUID();
  const envelope = (amount: unknown) => ({
    eventType: 'OrderCreated',
    eventVersion: 1,
    eventId,
    timestamp: new Date().toISOString(),
    ownerId: context.userId,
    payload: { orderId: brokenId, amount },
  });
  await produce(context, { topic: TOPIC, key: brokenId, value: envelope('12.50') });
  await mendDeadLetter(context, { component: 'intake-worker', eventId, value: envelope(12.5) });
  await awaitProcessed(context, brokenId);
  context.say(`event ${eventId} broke its contract and became a dead letter; mended and sent back, it was processed`);
}

async function postOrder({ http, userToken }: SmokeContext, orderId: string): Promise<string> {
  const json = { orderId, amount: 12.5, currency: 'EUR' };
  const request = { method: 'POST', path: '/intake/orders', token: userToken, json } as const;
  const reply = await expectStatus(http('intake-api'), request, [200]);
  return (reply.json() as { eventId: string }).eventId;
}

function awaitProcessed({ http, userToken }: SmokeContext, orderId: string): Promise<{ timesProcessed: number }> {
  const request = { method: 'GET', path: `/intake/orders/${orderId}`, token: userToken } as const;
  return waitUntil(
    `order ${orderId} to be processed`,
    async () => {
      const reply = await sendRequest(http('intake-worker'), request);
      return reply.status === 200 ? (reply.json() as { timesProcessed: number }) : undefined;
    },
    60_000,
  );
}
