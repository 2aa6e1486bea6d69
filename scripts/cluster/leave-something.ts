import { waitUntil } from '../demo/wait-until.ts';
import { createIntakeClient } from '../intake-client/intake-client.ts';
import { newUser } from '../storage-client/new-user.ts';
import type { ClusterRun } from './cluster-run.ts';

const BYTES = new TextEncoder().encode('kept');
const NAME = 'kept.txt';
const FOUND_WITHIN_MS = 60_000;

/** Uploads an object and places an order, which may still be on its way when this resolves. */
export async function leaveSomething(run: ClusterRun): Promise<{ requireThere(): Promise<void> }> {
  const session = await newUser(run.entrance);
  const intake = createIntakeClient({ baseUrl: run.entrance, token: session.token });
  const bucket = `kept-${crypto.randomUUID()}`;
  await session.createBucket(bucket);
  await session.upload({ bucket, name: NAME, bytes: BYTES });
  const orderId = crypto.randomUUID();
  const { status } = await intake.placeOrder({ orderId, amount: 1 });
  if (status !== 200) throw new Error(`an order was answered with ${status}`);
  return {
    requireThere: async () => {
      const { timesProcessed } = await waitUntil('the order of before', () => intake.findOrder(orderId), FOUND_WITHIN_MS);
      if (timesProcessed !== 1) throw new Error(`the order of before was processed ${timesProcessed} times`);
      if (Buffer.compare(await session.download(bucket, NAME), BYTES) !== 0) throw new Error('the object of before is another');
      const hasFound = async () => (await session.search({ bucket })).items.length === 1 || undefined;
      await waitUntil('the object of before in the search', hasFound, FOUND_WITHIN_MS);
      run.say('what was accepted before the uninstall is there, once');
    },
  };
}
