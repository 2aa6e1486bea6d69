import type { Logger, Metrics } from '@throughline/telemetry';
import type { MessagingDriver } from '../messaging-driver.ts';
import { createSendQueue } from '../publishing/send-queue/create-send-queue.ts';
import { createDropCounter } from '../publishing/send-queue/drop-counter.ts';
import { OUTCOMES_TOPIC, type OutcomeBatch, type OutcomeSink } from './outcome.ts';
import { toOutcomeRecord } from './outcome-record.ts';

export interface OutcomeSinkOptions {
  readonly driver: Pick<MessagingDriver, 'createProducer'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Who handles, `<system>.<service>`. */
  readonly service: string;
  /** Outcome records that wait or are under way; above it they are dropped and counted. (Default: 10 000) */
  readonly maxQueuedRecords?: number;
  /** How long outcomes wait for each other, milliseconds: each send costs the same, however many it carries. (Default: 100) */
  readonly lingerMs?: number;
}

/** An outcome sink that ends. */
export interface ClosableOutcomeSink extends OutcomeSink {
  /** Sends what waits, within the time, and closes. Later outcomes are dropped and counted. */
  close(timeoutMs: number): Promise<void>;
}

const EVENTS_PER_RECORD = 500;

/**
 * Tells outcomes to the topic `throughline.outcomes`, fire and forget: what cannot be told is counted in `published_dropped_total`.
 * The topic must be there: declare `OUTCOMES_TOPIC_DECLARATION`.
 */
export function createOutcomeSink(options: OutcomeSinkOptions): ClosableOutcomeSink {
  const { driver, service, metrics, logger, maxQueuedRecords = 10_000, lingerMs = 100 } = options;
  const queue = createSendQueue({ driver, name: `${service}.outcomes`, producers: 1, maxQueuedRecords, lingerMs });
  const countDrop = createDropCounter({ metrics, logger, subject: 'Outcomes' });
  const tell = (batch: OutcomeBatch): void => {
    const drop = (error: unknown) => countDrop(OUTCOMES_TOPIC, error);
    try {
      const refused = queue.add(toOutcomeRecord({ ...batch, service }), (error) => {
        if (error !== undefined) drop(error);
      });
      if (refused !== undefined) drop(refused);
    } catch (error) {
      drop(error);
    }
  };
  return {
    tell: (batch) => {
      const { events } = batch;
      if (events.length <= EVENTS_PER_RECORD) return tell(batch);
      for (let start = 0; start < events.length; start += EVENTS_PER_RECORD) {
        tell({ ...batch, events: events.slice(start, start + EVENTS_PER_RECORD) });
      }
    },
    close: (timeoutMs) => queue.close(timeoutMs),
  };
}
