import { METRICS, type Metrics } from '@throughline/telemetry';
import type { Clock } from '../clock.ts';
import type { RecordConsumer, TopicProgress } from '../messaging-driver.ts';

export interface WatchConsumerOptions {
  readonly consumer: Pick<RecordConsumer, 'state'>;
  readonly group: string;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly progressTimeoutMs: number;
}

const GAUGE_INTERVAL_MS = 1000;

/** Shows a consumer's state as gauges and says whether it gets on. */
export function watchConsumer(options: WatchConsumerOptions): { isLive(): boolean; stop(): void } {
  const show = createGauges(options);
  let cancel = () => {};
  const round = () => {
    show();
    cancel = options.clock.after(GAUGE_INTERVAL_MS, round);
  };
  round();
  return { isLive: () => isLive(options), stop: () => cancel() };
}

/** A restart helps none that waits for a due time, is halted for a person to decide, or is without its group. */
function isLive({ consumer, clock, progressTimeoutMs }: WatchConsumerOptions): boolean {
  const { isJoined, dueLag, inFlight, lastProgressAtMs } = consumer.state();
  const mayStandStill = !isJoined || (dueLag ?? 0n) === 0n || inFlight > 0;
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
  let shown = new Set<string>();
  return () => {
    const state = consumer.state();
    inFlight.set(labels, state.inFlight);
    queued.set(labels, state.queued);
    paused.set(labels, state.pausedPartitions);
    halted.set(labels, state.haltedPartitions);
    const topics = state.topics ?? new Map<string, TopicProgress>();
    // A topic that another member has now would keep its last figure here for ever.
    for (const topic of shown) {
      if (topics.has(topic)) continue;
      lagRecords.remove({ ...labels, messaging_destination_name: topic });
      lagSeconds.remove({ ...labels, messaging_destination_name: topic });
    }
    shown = new Set(topics.keys());
    for (const [topic, { lag, oldestTimestampMs }] of topics) {
      const topicLabels = { ...labels, messaging_destination_name: topic };
      lagRecords.set(topicLabels, Number(lag));
      lagSeconds.set(topicLabels, oldestTimestampMs === undefined ? 0 : Math.max(0, clock.nowMs() - oldestTimestampMs) / 1000);
    }
  };
}
