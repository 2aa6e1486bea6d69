import { createKafkaDriver } from '@throughline/kafka';
import { createLogger } from '@throughline/telemetry';
import { openWindow } from './measuring-window.ts';
import { runHandWritten } from './variant-process.ts';

// The driver alone: chunks, contiguous commits, JSON.parse.
await runHandWritten(async (plan) => {
  const logger = createLogger({ name: 'bench', level: 'warn' });
  const driver = createKafkaDriver({ brokers: plan.brokers.split(','), clientId: 'bench', logger });
  const window = openWindow(plan);
  const consumer = await driver.consume({
    group: plan.group,
    topics: [plan.topic],
    maxChunkRecords: () => 256,
    handle: async (records) => {
      for (const { value } of records) if (typeof JSON.parse(String(value)) === 'object') window.add(1);
      return [];
    },
  });
  let hasJoined = false;
  const timer = setInterval(() => {
    const { isJoined } = consumer.state();
    if (hasJoined && !isJoined) window.noteRebalance();
    hasJoined = isJoined;
  }, 20);
  return {
    report: window.report,
    stop: async () => {
      clearInterval(timer);
      await driver.close();
    },
  };
});
