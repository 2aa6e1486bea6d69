import { METRICS, type Metrics } from '@throughline/telemetry';
import type { Clock } from './clock.ts';
import type { RecordConsumer } from './messaging-driver.ts';

export interface WatchConsumerOptions {
  readonly consumer: RecordConsumer;
  readonly group: string;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly progressTimeoutMs: number;
}

const GAUGE_INTERVAL_MS = 1000;

/** Shows a consumer's state as gauges and says whether it gets on. */
export function watchConsumer(options: WatchConsumerOptions): { isLive(): boolean; stop(): void } {
  const show = createGauges(options);
  show();
  const timer = setInterval(show, GAUGE_INTERVAL_MS);
  timer.unref();
  return { isLive: () => isLive(options), stop: () => clearInterval(timer) };
}

/** A restart helps none that is paused on purpose, halted for a person to decide, or without its group. */
function isLive({ consumer, clock, progressTimeoutMs }: WatchConsumerOptions): boolean {
  const { isJoined, lag, inFlight, pausedPartitions, haltedPartitions, lastProgressAtMs } = consumer.state();
  const mayStandStill = !isJoined || (lag ?? 0n) === 0n || inFlight > 0 || pausedPartitions > 0 || haltedPartitions > 0;
  return mayStandStill || clock.nowMs() - lastProgressAtMs < progressTimeoutMs;
}

function createGauges({ consumer, group, metrics }: WatchConsumerOptions): () => void {
  const labels = { messaging_consumer_group_name: group };
  const inFlight = metrics.gauge(METRICS.consumerInFlightRecords);
  const queued = metrics.gauge(METRICS.consumerQueuedRecords);
  const paused = metrics.gauge(METRICS.consumerPausedPartitions);
  const lagRecords = metrics.gauge(METRICS.consumerLagRecords);
  return () => {
    const state = consumer.state();
    inFlight.set(labels, state.inFlight);
    queued.set(labels, state.queued);
    paused.set(labels, state.pausedPartitions);
    for (const [topic, lag] of state.lagByTopic ?? [])
      lagRecords.set({ ...labels, messaging_destination_name: topic }, Number(lag));
  };
}
