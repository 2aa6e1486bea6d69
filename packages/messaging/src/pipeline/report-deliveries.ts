import { ATTRIBUTES, METRICS, type Metrics, observeMany } from '@throughline/telemetry';
import type { Clock } from '../clock.ts';
import type { EventOutcome, OutcomeSink } from '../outcomes/outcome.ts';
import type { Delivery, Outcome, Settled } from './delivery.ts';

export interface ReportOptions {
  readonly group: string;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly outcomes?: OutcomeSink | undefined;
}

/** What became of the records of one chunk: spans at once, metrics and outcomes when it is told. */
export interface ChunkReport {
  settled(delivery: Delivery, settled: Settled): void;
  kept(delivery: Delivery, error: unknown): void;
  /** Since the last time. */
  tell(): void;
}

type Observed = Outcome | 'failed';

/** Duration by outcome (`failed` = the record keeps its place), how old events are when their effect is there, and one outcome record for all. */
export function createReporter(options: ReportOptions): (topic: string, partition: number, records: number) => ChunkReport {
  const { group, metrics, clock } = options;
  const instruments = createInstruments(options);
  return (topic, partition, records) => {
    const begunAt = performance.now();
    const labels = { messaging_consumer_group_name: group, messaging_destination_name: topic };
    metrics.counter(METRICS.messagingClientConsumedMessagesTotal).inc(labels, records);
    let events: EventOutcome[] = [];
    let observed = new Map<Observed, Delivery[]>();
    const note = (outcome: Observed, delivery: Delivery) => {
      const known = observed.get(outcome);
      if (known === undefined) observed.set(outcome, [delivery]);
      else known.push(delivery);
    };
    return {
      settled: (delivery, settled) => {
        note(settled.outcome, delivery);
        if (settled.outcome === 'duplicate') instruments.duplicate(settled.noticedBy ?? 'inbox');
        endSpan(delivery, settled.outcome);
        if (options.outcomes !== undefined && settled.outcome !== 'skipped')
          events.push(eventOutcome(delivery, settled, settled.outcome));
      },
      kept: (delivery, error) => {
        note('failed', delivery);
        endSpan(delivery, 'failed', error);
      },
      tell: () => {
        const durationMs = performance.now() - begunAt;
        for (const [outcome, deliveries] of observed) instruments.observe(topic, { outcome, deliveries, durationMs });
        observed = new Map();
        if (events.length === 0) return;
        options.outcomes?.tell({ group, topic, partition, atMs: clock.nowMs(), durationMs, events });
        events = [];
      },
    };
  };
}

function eventOutcome({ key, attempt }: Delivery, { detail }: Settled, outcome: EventOutcome['outcome']): EventOutcome {
  const told = { eventId: key.id, source: key.source, outcome, attempt: Math.max(1, attempt) };
  return detail === undefined ? told : { ...told, detail };
}

function endSpan(delivery: Delivery, outcome: Observed, error?: unknown): void {
  delivery.span?.end({ [ATTRIBUTES.eventOutcome]: outcome, [ATTRIBUTES.eventAttempt]: delivery.attempt }, error);
  delivery.span = undefined;
}

interface Observation {
  readonly outcome: Observed;
  readonly deliveries: readonly Delivery[];
  readonly durationMs: number;
}

function createInstruments({ group, metrics, clock }: ReportOptions) {
  const labelsOf = (topic: string) => ({ messaging_consumer_group_name: group, messaging_destination_name: topic });
  const duration = metrics.histogram(METRICS.messagingProcessDurationSeconds);
  const endToEnd = metrics.histogram(METRICS.eventEndToEndSeconds);
  const sincePublish = metrics.histogram(METRICS.eventSincePublishSeconds);
  const duplicates = metrics.counter(METRICS.eventDuplicatesTotal);
  return {
    duplicate: (noticedBy: string) => duplicates.inc({ messaging_consumer_group_name: group, noticed_by: noticedBy }),
    observe: (topic: string, { outcome, deliveries, durationMs }: Observation) => {
      const labels = labelsOf(topic);
      observeMany(
        duration,
        { ...labels, outcome },
        deliveries.map(() => durationMs / 1000),
      );
      if (outcome !== 'handled') return;
      const nowMs = clock.nowMs();
      observeMany(
        sincePublish,
        labels,
        deliveries.map(({ record }) => age(record.timestampMs, nowMs)),
      );
      observeMany(
        endToEnd,
        labels,
        deliveries.flatMap(({ key: { time } }) => (time === undefined ? [] : age(Date.parse(time), nowMs))),
      );
    },
  };
}

/** Clocks of two machines differ: an event from the future is of age 0. */
function age(sinceMs: number, nowMs: number): number {
  return Math.max(0, nowMs - sinceMs) / 1000;
}
