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

function createGauges({ consumer, group, metrics, clock }: WatchConsumerOptions): () => void {
  const labels = { messaging_consumer_group_name: group };
  const inFlight = metrics.gauge(METRICS.consumerInFlightRecords);
  const queued = metrics.gauge(METRICS.consumerQueuedRecords);
  const paused = metrics.gauge(METRICS.consumerPausedPartitions);
  const halted = metrics.gauge(METRICS.consumerHaltedPartitions);
  const lagSeconds = metrics.gauge(METRICS.consumerLagSeconds);
  const lagRecords = metrics.gauge(METRICS.consumerLagRecords);
  return () => {
    const state = consumer.state();
    inFlight.set(labels, state.inFlight);
    queued.set(labels, state.queued);
    paused.set(labels, state.pausedPartitions);
    halted.set(labels, state.haltedPartitions);
    for (const [topic, { lag, oldestTimestampMs }] of state.topics ?? []) {
      const topicLabels = { ...labels, messaging_destination_name: topic };
      lagRecords.set(topicLabels, Number(lag));
      lagSeconds.set(topicLabels, oldestTimestampMs === undefined ? 0 : Math.max(0, clock.nowMs() - oldestTimestampMs) / 1000);
    }
  };
}
