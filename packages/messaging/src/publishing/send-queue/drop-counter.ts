import { isEventError } from '@throughline/events';
import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';

/** A queue that is full for a minute would fill the log as well. */
const WARNING_INTERVAL_MS = 10_000;

/** Counts what was published without waiting and got lost; tells the log of it now and then. Never throws. */
export function createDropCounter(options: {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** What is lost, e.g. `Events`. */
  readonly subject: string;
}): (topic: string, error: unknown) => void {
  const dropped = options.metrics.counter(METRICS.publishedDroppedTotal);
  let unsaid = 0;
  let warnedAtMs = Number.NEGATIVE_INFINITY;
  return (topic, error) => {
    dropped.inc({ messaging_destination_name: topic, reason: isEventError(error) ? error.code : 'unexpected' });
    unsaid += 1;
    const nowMs = performance.now();
    if (nowMs - warnedAtMs < WARNING_INTERVAL_MS) return;
    options.logger.warn({ err: error, dropped: unsaid }, `${options.subject} for ${topic} were dropped.`);
    warnedAtMs = nowMs;
    unsaid = 0;
  };
}
