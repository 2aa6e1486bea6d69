import { benchEvent, handWrittenMessage } from '../bench-event.ts';
import { handleInTransaction, joinGroup, openHandWritten, openProducer, startPoller } from './hand-written-kafka.ts';
import { type LatencyRun, runAtRate } from './measuring-window.ts';
import { runHandWritten } from './variant-process.ts';

const INSERT = 'INSERT INTO hand_outbox (topic, key, payload, headers) VALUES ($1, $2, $3, $4)';

// Outbox, poller and consumer of one service in one process.
await runHandWritten(async (plan) => {
  if (plan.load === undefined) throw new Error('the plan has no load');
  const { kafka, pool } = openHandWritten(plan);
  const producer = await openProducer(kafka);
  const consumer = await joinGroup(kafka, plan);
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  let run: LatencyRun | undefined;
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { eventId, payload } = JSON.parse(String(message.value));
      await handleInTransaction(pool, eventId, payload.objectId);
      run?.noteHandled(eventId);
    },
  });
  await joined;
  const poller = startPoller(pool, producer, () => undefined);
  let index = 0;
  const put = async () => {
    index += 1;
    const { eventId, key, value, headers } = handWrittenMessage(benchEvent(index));
    await pool.query(INSERT, [plan.topic, key, value, JSON.stringify(headers)]);
    run?.noteCommitted(eventId);
  };
  run = runAtRate(plan.load, () => void put());
  const { report, stop } = run;
  return {
    report,
    stop: async () => {
      stop();
      await poller.stop();
      await consumer.disconnect();
      await producer.disconnect();
      await pool.end();
    },
  };
});
