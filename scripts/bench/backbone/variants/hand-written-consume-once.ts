import { handleInTransaction, joinGroup, openHandWritten } from './hand-written-kafka.ts';
import { openWindow } from './measuring-window.ts';
import { runHandWritten } from './variant-process.ts';

// eachMessage, one transaction an event.
await runHandWritten(async (plan) => {
  const { kafka, pool } = openHandWritten(plan);
  const window = openWindow(plan);
  const consumer = await joinGroup(kafka, plan, window);
  await consumer.run({
    partitionsConsumedConcurrently: plan.concurrency ?? 1,
    eachMessage: async ({ message }) => {
      const { eventId, payload } = JSON.parse(String(message.value));
      await handleInTransaction(pool, eventId, payload.objectId);
      window.add(1);
    },
  });
  return {
    report: window.report,
    stop: async () => {
      await consumer.disconnect();
      await pool.end();
    },
  };
});
