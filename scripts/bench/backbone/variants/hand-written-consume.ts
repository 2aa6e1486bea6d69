import { joinGroup, openHandWritten } from './hand-written-kafka.ts';
import { openWindow } from './measuring-window.ts';
import { runHandWritten } from './variant-process.ts';

// eachMessage with autoCommit, JSON.parse and nothing else.
await runHandWritten(async (plan) => {
  const { kafka, pool } = openHandWritten(plan);
  const window = openWindow(plan);
  const consumer = await joinGroup(kafka, plan, window);
  await consumer.run({
    eachMessage: async ({ message }) => {
      if (typeof JSON.parse(String(message.value)) === 'object') window.add(1);
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
