import { sendRequest } from '../api-client/send-request.ts';
import { waitUntil } from '../demo/wait-until.ts';
import type { SmokeContext } from './smoke-context.ts';

/** Sends a record as a producer of another team would: value and key, no headers. */
export async function produce(
  { driver }: SmokeContext,
  { topic, key, value, times = 1 }: { topic: string; key: string; value: unknown; times?: number },
): Promise<void> {
  const producer = await driver.createProducer({ name: 'smoke' });
  const record = { topic, key, value: Buffer.from(JSON.stringify(value)), headers: {} };
  try {
    await producer.send(
      Array.from({ length: times }, () => record),
      { timeoutMs: 10_000 },
    );
  } finally {
    await producer.close();
  }
}

/** Waits until the console's journey of an event shows that the group had this outcome. */
export async function awaitOutcome(
  context: SmokeContext,
  { eventId, group, outcome }: { eventId: string; group: string; outcome: string },
): Promise<void> {
  await waitUntil(
    `${group} to tell that ${eventId} was ${outcome}`,
    async () => {
      const reply = await sendRequest(context.http('console'), {
        method: 'GET',
        path: `/journeys/${eventId}`,
        token: context.operationsToken,
      });
      if (reply.status !== 200) return undefined;
      const { groups } = reply.json() as { groups: readonly { group: string; steps: readonly { outcome: string }[] }[] };
      const isThere = groups.some((each) => each.group === group && each.steps.some((step) => step.outcome === outcome));
      return isThere || undefined;
    },
    60_000,
  );
}

/** Waits for the dead letter of an event, sends its mended envelope in its stead, and returns the new event's id. */
export async function mendDeadLetter(
  context: SmokeContext,
  { component, eventId, value }: { component: string; eventId: string; value: unknown },
): Promise<string> {
  const call = (method: 'GET' | 'POST', path: string, json?: unknown) =>
    sendRequest(context.ops(component), {
      method,
      path,
      token: context.operationsToken,
      headers: { 'x-operator': 'helm-test' },
      ...(json !== undefined && { json }),
    });
  const dlqId = await waitUntil(
    `the dead letter of ${eventId}`,
    async () => {
      const { items } = (await call('GET', '/operations/dead-letters?limit=100')).json() as {
        items: readonly { dlqId: string; eventId: string }[];
      };
      return items.find((letter) => letter.eventId === eventId)?.dlqId;
    },
    60_000,
  );
  const reply = await call('POST', `/operations/dead-letters/${dlqId}/edit`, { value });
  if (reply.status !== 200) throw new Error(`editing ${dlqId} answered ${reply.status}: ${Buffer.from(reply.bytes).toString()}`);
  return (reply.json() as { eventId: string }).eventId;
}
