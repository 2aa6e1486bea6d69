import { setTimeout as delay } from 'node:timers/promises';
import { checkSeen } from './check-seen.ts';
import { type AcceptedOrder, type IntakeDemo, placeOrder, requireClient, waitForOrder } from './intake-demo.ts';
import { waitUntil } from './wait-until.ts';

/** Of all tries: with five of them and 1, 4, 16 and 64 s between them, and time to spare for other settings. */
const TRIES_TIMEOUT_MS = 300_000;
/** A journey asks every service. */
const LOOK_EVERY_MS = 500;
const SETTLED = ['retried', 'dead-lettered'];

/** An order that the worker's database refuses, and one behind it that it takes. */
export async function refuseOrder(demo: IntakeDemo): Promise<string> {
  const orderId = `demo-refused-${demo.runId}`;
  await demo.refusal.refuse(orderId);
  demo.refused = await placeOrder(demo, { orderId, amount: 13 });
  const next = await placeOrder(demo, { orderId: `demo-next-${demo.runId}`, amount: 14 });
  await waitForOrder(demo, next.orderId);
  const refused = await requireClient(demo).findOrder(orderId);
  checkSeen(refused === undefined, '404 for an order that was not handled');
  return `200 gave event ${demo.refused.eventId}; ${next.orderId}, placed behind it, is processed, ${orderId} is 404.`;
}

/** Prints each try when it is known, until the event is a dead letter. */
export async function followTries(demo: IntakeDemo): Promise<string> {
  const { eventId } = requireRefused(demo);
  let told = 0;
  let firstAtMs: number | undefined;
  const letter = await waitUntil(
    'the event to be a dead letter',
    async () => {
      await delay(LOOK_EVERY_MS);
      const tries = (await demo.operations.journey(eventId)).filter(({ outcome }) => SETTLED.includes(outcome));
      for (const { at, attempt, outcome, detail } of tries.slice(told)) {
        firstAtMs ??= Date.parse(at);
        const sinceS = ((Date.parse(at) - firstAtMs) / 1_000).toFixed(1);
        demo.say(`    try ${attempt} at ${at} (+${sinceS} s): ${outcome}${detail === null ? '' : `, ${detail}`}`);
      }
      told = tries.length;
      return tries.at(-1)?.outcome === 'dead-lettered' ? demo.operations.deadLetter(eventId) : undefined;
    },
    TRIES_TIMEOUT_MS,
  );
  checkSeen(letter.attempts === told, `as many tries as were told (${letter.attempts}, ${told})`);
  const { deadLetters } = await waitUntil('the queue view to count it', async () => {
    const queue = await demo.operations.queue();
    return (queue.deadLetters ?? 0) > 0 ? queue : undefined;
  });
  return `dead letter ${letter.dlqId} after ${letter.attempts} tries (${letter.reason}); the queue view counts ${deadLetters}.`;
}

/** Takes the refusal away and hands the dead letter to the workers again. */
export async function replayDeadLetter(demo: IntakeDemo): Promise<string> {
  const { eventId, orderId } = requireRefused(demo);
  await demo.refusal.lift();
  const letter = await demo.operations.deadLetter(eventId);
  checkSeen(letter !== undefined, 'the dead letter among those that wait');
  await demo.operations.replay(letter.dlqId);
  const order = await waitForOrder(demo, orderId);
  checkSeen(order.eventId === eventId && order.timesProcessed === 1, 'the same event, processed once');
  const waiting = await demo.operations.deadLetter(eventId);
  checkSeen(waiting === undefined, 'no dead letter of it that waits');
  return `${orderId} is ${order.status}: the same event id, processed ${order.timesProcessed} time.`;
}

/** What the console and the services know about it. */
export async function tellJourney(demo: IntakeDemo): Promise<string> {
  const { eventId } = requireRefused(demo);
  await waitUntil('the journey to end with a handling', async () => {
    const lines = await demo.operations.journey(eventId);
    return lines.at(-1)?.outcome === 'handled' || undefined;
  });
  const journey = await demo.tellJourney(eventId);
  for (const line of journey.trimEnd().split('\n')) demo.say(`    ${line}`.trimEnd());
  return `npx throughline journey ${eventId}`;
}

function requireRefused({ refused }: IntakeDemo): AcceptedOrder {
  if (refused === undefined) throw new Error('no order was refused');
  return refused;
}
