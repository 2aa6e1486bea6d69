import { METRICS, type Metrics } from '@throughline/telemetry';
import type { Clock } from '../clock.ts';
import type { Concern, Delivery, Outcome } from './delivery.ts';

/** Duration by outcome (`failed` = the record keeps its place), and how old the event is when its effect is there. */
export function measureDelivery({ metrics, clock }: { metrics: Metrics; clock: Clock }): Concern {
  const duration = metrics.histogram(METRICS.messagingProcessDurationSeconds);
  const consumed = metrics.counter(METRICS.messagingClientConsumedMessagesTotal);
  const endToEnd = metrics.histogram(METRICS.eventEndToEndSeconds);
  const sincePublish = metrics.histogram(METRICS.eventSincePublishSeconds);
  return (next) => async (delivery) => {
    const labels = labelsOf(delivery);
    const begun = performance.now();
    let outcome: Outcome | 'failed' = 'failed';
    consumed.inc(labels);
    try {
      outcome = await next(delivery);
      return outcome;
    } finally {
      duration.observe({ ...labels, outcome }, (performance.now() - begun) / 1000);
      if (outcome === 'handled') {
        sincePublish.observe(labels, age(delivery.record.timestampMs, clock));
        if (delivery.identity.time !== undefined) endToEnd.observe(labels, age(Date.parse(delivery.identity.time), clock));
      }
    }
  };
}

function labelsOf({ record, identity }: Delivery) {
  return { messaging_consumer_group_name: identity.group, messaging_destination_name: record.topic };
}

/** Clocks of two machines differ: an event from the future is of age 0. */
function age(sinceMs: number, clock: Clock): number {
  return Math.max(0, clock.nowMs() - sinceMs) / 1000;
}
