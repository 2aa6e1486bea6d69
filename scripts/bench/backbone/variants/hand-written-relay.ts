import { openHandWritten, openProducer, startPoller } from './hand-written-kafka.ts';
import { openWindow } from './measuring-window.ts';
import { runHandWritten } from './variant-process.ts';

await runHandWritten(async (plan) => {
  const { kafka, pool } = openHandWritten(plan);
  const producer = await openProducer(kafka);
  const window = openWindow(plan);
  const poller = startPoller(pool, producer, window.add);
  return {
    report: window.report,
    stop: async () => {
      await poller.stop();
      await producer.disconnect();
      await pool.end();
    },
  };
});
