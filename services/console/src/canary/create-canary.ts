import { randomUUID } from 'node:crypto';
import type { EventHandler, EventPublisher } from '@throughline/messaging';
import type { Database, Transaction } from '@throughline/postgres';
import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import { insertProbe, markProbeHandled, settleProbes, summariseProbes } from './canary-probes.ts';

export const CANARY_TYPE = 'throughline.canary';
export const CANARY_TOPIC = 'throughline.canary.v1';

export interface CanaryOptions {
  readonly database: Database;
  readonly publisher: EventPublisher<Transaction>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Between two probes. */
  readonly intervalMs: number;
  /** A probe that was not handled by then is lost. */
  readonly deadlineMs: number;
  /** So many lost ones in a row, and the whole is not ready. (Default: 3) */
  readonly maxLostInARow?: number;
}

/** An event of our own, every few seconds, by the way that all events take: outbox, relay, Kafka, consumer. */
export interface Canary {
  readonly handler: EventHandler<Transaction>;
  /** @throws when the last probes were lost */
  check(): void;
  start(): void;
  /** Ends after the round under way. */
  stop(): Promise<void>;
}

export function createCanary(options: CanaryOptions): Canary {
  const { database, deadlineMs, intervalMs, logger, maxLostInARow = 3 } = options;
  const instruments = createInstruments(options.metrics);
  let lostInARow = 0;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;

  const send = () =>
    database.transaction(async (tx) => {
      const id = randomUUID();
      await insertProbe(tx, id);
      await options.publisher.publish(tx, {
        id,
        type: CANARY_TYPE,
        key: id,
        ownerId: 'throughline',
        data: { payloadType: CANARY_TYPE },
      });
    });
  const look = async () => {
    for (const { state, roundTripSeconds } of await settleProbes(database, deadlineMs)) {
      if (state === 'handled') instruments.roundTrip.observe(roundTripSeconds ?? 0);
      else instruments.lost.inc({ reason: 'not-handled' });
    }
    const summary = await summariseProbes(database);
    if (summary.lostInARow > lostInARow)
      logger.error({ lostInARow: summary.lostInARow }, 'A canary event was not handled in time');
    lostInARow = summary.lostInARow;
    if (summary.lastSuccessSeconds !== null) instruments.lastSuccess.set(summary.lastSuccessSeconds);
  };
  const run = async () => {
    try {
      await send();
    } catch (error) {
      instruments.lost.inc({ reason: 'not-published' });
      logger.warn({ err: error }, 'A canary event could not be published');
    }
    await look().catch((error: unknown) => logger.warn({ err: error }, 'The canary events could not be looked at; trying again'));
  };
  return {
    handler: async ({ id }, { tx }) => markProbeHandled(tx, id),
    check: () => {
      if (lostInARow >= maxLostInARow)
        throw new Error(`the last ${lostInARow} canary events were not handled within ${deadlineMs} ms`);
    },
    start: () => {
      const begin = () => {
        round ??= run().finally(() => {
          round = undefined;
        });
      };
      instruments.lost.inc({ reason: 'not-handled' }, 0);
      begin();
      timer = setInterval(begin, intervalMs);
    },
    stop: async () => {
      clearInterval(timer);
      await round;
    },
  };
}

function createInstruments(metrics: Metrics) {
  return {
    roundTrip: metrics.histogram(METRICS.canaryRoundTripSeconds),
    lost: metrics.counter(METRICS.canaryLostTotal),
    lastSuccess: metrics.gauge(METRICS.canaryLastSuccessTimestampSeconds),
  };
}
