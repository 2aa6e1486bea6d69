import { s3Codec } from '@throughline/events';
import { createKafkaDriver } from '@throughline/kafka';
import { createDirectPublisher } from '@throughline/messaging';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { benchContracts } from '../bench-contracts.ts';
import { benchEvent } from '../bench-event.ts';
import { openWindow } from './measuring-window.ts';
import { runHandWritten } from './variant-process.ts';

/** Requests of a service that each await their own event. */
const CALLERS = 1_000;

// publish(event), one event a call: contract, headers, trace, acks from all in-sync replicas.
await runHandWritten(async (plan) => {
  const logger = createLogger({ name: 'bench', level: 'warn' });
  const driver = createKafkaDriver({ brokers: plan.brokers.split(','), clientId: 'bench', logger });
  const publisher = createDirectPublisher({
    driver,
    name: 'bench',
    source: 'OBJECT_SERVICE',
    codec: s3Codec,
    contracts: await benchContracts(),
    destination: () => ({ topic: plan.topic }),
    metrics: createMetrics({ service: 'bench' }),
    logger,
  });
  const window = openWindow(plan);
  let given = 0;
  const call = async () => {
    while (given < plan.totalEvents) {
      given += 1;
      const { type, key, ownerId, data } = benchEvent(given, plan.fillerBytes);
      await publisher.publish({ type, key, ownerId, data });
      window.add(1);
    }
  };
  const calling = Promise.all(Array.from({ length: CALLERS }, call));
  return {
    report: calling.then(() => window.report),
    stop: async () => {
      await publisher.close(5_000);
      await driver.close();
    },
  };
});
