import { AGE_BUCKETS, DURATION_BUCKETS } from './buckets.ts';
import { DESTINATION, GROUP } from './labels.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** What became of events. */
export const EVENTS = {
  messagingProcessDurationSeconds: {
    type: 'histogram',
    name: 'messaging_process_duration_seconds',
    help: 'Time to process one record, by outcome: handled, duplicate, skipped, retried, parked, released, dead-lettered, failed.',
    labels: [GROUP, DESTINATION, 'outcome'],
    buckets: DURATION_BUCKETS,
  },
  eventEndToEndSeconds: {
    type: 'histogram',
    name: 'event_end_to_end_seconds',
    help: 'Age of an event when its effect was committed, from when it happened; includes the wait in the outbox.',
    labels: [GROUP, DESTINATION],
    buckets: AGE_BUCKETS,
  },
  eventSincePublishSeconds: {
    type: 'histogram',
    name: 'event_since_publish_seconds',
    help: 'Age of a record when its effect was committed, from the timestamp in the log.',
    labels: [GROUP, DESTINATION],
    buckets: AGE_BUCKETS,
  },
  eventRetriesTotal: {
    type: 'counter',
    name: 'event_retries_total',
    help: 'Failed tries that are tried again, by tier: inline or the delay of the retry topic.',
    labels: [GROUP, 'tier'],
  },
  eventDeadLettersTotal: {
    type: 'counter',
    name: 'event_dead_letters_total',
    help: 'Events that wait for a person, by reason.',
    labels: [GROUP, 'reason'],
  },
  eventDuplicatesTotal: {
    type: 'counter',
    name: 'event_duplicates_total',
    help: 'Deliveries skipped because the event was handled before, by who noticed: claim (Redis) or inbox (Postgres).',
    labels: [GROUP, 'noticed_by'],
  },
  dedupFallbackTotal: {
    type: 'counter',
    name: 'dedup_fallback_total',
    help: 'Claims that Redis could not decide, so that Postgres alone did.',
    labels: ['operation'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
