import { s3Codec } from '@throughline/events';
import { createEventPublisher } from '@throughline/messaging';
import { benchContracts } from '../bench-contracts.ts';
import { benchEvent } from '../bench-event.ts';
import { balanceHandler } from './business-rows.ts';
import { type LatencyRun, runAtRate } from './measuring-window.ts';
import { runThroughline, subscribeToTopic } from './throughline-service.ts';

// Outbox, relay and consumer of one service in one process.
await runThroughline(async (service) => {
  const { plan, backbone, runtime } = service;
  if (plan.load === undefined) throw new Error('the plan has no load');
  let run: LatencyRun | undefined;
  const handle = balanceHandler(() => undefined);
  const running = await subscribeToTopic(service, {
    handlers: {
      OBJECT_CREATED: async (event, context) => {
        await handle(event, context);
        context.tx.afterCommit(() => run?.noteHandled(event.id));
      },
    },
  });
  const publisher = createEventPublisher({
    source: 'OBJECT_SERVICE',
    codec: s3Codec,
    contracts: await benchContracts(),
    outbox: backbone.outbox,
    destination: () => ({ topic: plan.topic, aggregateType: 'object' }),
  });
  await untilJoined(() => running.state().isJoined);
  let index = 0;
  const put = async () => {
    index += 1;
    const { type, key, ownerId, data } = benchEvent(index);
    const event = await backbone.database.transaction((tx) => publisher.publish(tx, { type, key, ownerId, data }));
    run?.noteCommitted(event.id);
  };
  run = runAtRate(plan.load, () => void put());
  runtime.onStop('load', async () => run?.stop());
  return run;
});

async function untilJoined(isJoined: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!isJoined()) {
    if (performance.now() > deadline) throw new Error('the consumer has not joined its group after 30 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
