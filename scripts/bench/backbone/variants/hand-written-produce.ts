import { benchEvent, handWrittenMessage } from '../bench-event.ts';
import { openHandWritten, openProducer } from './hand-written-kafka.ts';
import { openWindow } from './measuring-window.ts';
import { runHandWritten } from './variant-process.ts';

const BATCH = 100;

// send() of 100, awaited, acks from all in-sync replicas.
await runHandWritten(async (plan) => {
  const { kafka, pool } = openHandWritten(plan);
  const producer = await openProducer(kafka);
  const window = openWindow(plan);
  const sending = (async () => {
    for (let sent = 0; sent < plan.totalEvents; sent += BATCH) {
      const messages = Array.from({ length: Math.min(BATCH, plan.totalEvents - sent) }, (_, index) => {
        const { key, value, headers } = handWrittenMessage(benchEvent(sent + index, plan.fillerBytes));
        return { key, value, headers };
      });
      await producer.send({ topic: plan.topic, messages });
      window.add(messages.length);
    }
  })();
  return {
    report: sending.then(() => window.report),
    stop: async () => {
      await producer.disconnect();
      await pool.end();
    },
  };
});
