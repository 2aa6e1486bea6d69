import { DURATION_BUCKETS } from './buckets.ts';
import { DESTINATION, GROUP } from './labels.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** What goes to the broker, and what waits for it. */
export const SENDING = {
  messagingClientOperationDurationSeconds: {
    type: 'histogram',
    name: 'messaging_client_operation_duration_seconds',
    help: 'Time of one call to the broker (send, commit).',
    labels: ['messaging_operation_name', DESTINATION, 'error_type'],
    buckets: DURATION_BUCKETS,
  },
  messagingClientSentMessagesTotal: {
    type: 'counter',
    name: 'messaging_client_sent_messages_total',
    help: 'Records handed to the broker, by topic; error_type is empty when they were acknowledged.',
    labels: [DESTINATION, 'error_type'],
  },
  publishedDroppedTotal: {
    type: 'counter',
    name: 'published_dropped_total',
    help: 'Records published without waiting for them (fire and forget, outcomes) that were dropped, by the code of the error.',
    labels: [DESTINATION, 'reason'],
  },
  messagingClientConsumedMessagesTotal: {
    type: 'counter',
    name: 'messaging_client_consumed_messages_total',
    help: 'Records fetched from the broker.',
    labels: [GROUP, DESTINATION],
  },
  outboxUnsentRows: {
    type: 'gauge',
    name: 'outbox_unsent_rows',
    help: 'Rows of the outbox that are not sent.',
    labels: [],
  },
  outboxOldestUnsentSeconds: {
    type: 'gauge',
    name: 'outbox_oldest_unsent_seconds',
    help: 'Age of the oldest row that is not sent.',
    labels: [],
  },
  outboxFailedKeys: {
    type: 'gauge',
    name: 'outbox_failed_keys',
    help: 'Keys that wait behind a row which the broker refuses.',
    labels: [],
  },
  outboxSendDurationSeconds: {
    type: 'histogram',
    name: 'outbox_send_duration_seconds',
    help: 'Time of one send of the relay, batch by batch.',
    labels: [],
    buckets: DURATION_BUCKETS,
  },
  outboxSentTotal: {
    type: 'counter',
    name: 'outbox_sent_total',
    help: 'Rows sent and marked.',
    labels: [],
  },
  outboxSendFailuresTotal: {
    type: 'counter',
    name: 'outbox_send_failures_total',
    help: 'Sends of the relay that failed, by the error’s code.',
    labels: ['error_type'],
  },
  outboxShardsOwned: {
    type: 'gauge',
    name: 'outbox_shards_owned',
    help: 'Shards whose lease this process holds.',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
