import { DESTINATION, GROUP } from './labels.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** How consumer groups are doing. */
export const GROUPS = {
  consumerLagRecords: {
    type: 'gauge',
    name: 'consumer_lag_records',
    help: 'Records between the first that is not finished and the end of the log.',
    labels: [GROUP, DESTINATION],
  },
  consumerLagSeconds: {
    type: 'gauge',
    name: 'consumer_lag_seconds',
    help: 'Age of the oldest record that was fetched and is not finished; of a halted partition at least the time since it was halted.',
    labels: [GROUP, DESTINATION],
  },
  consumerInFlightRecords: {
    type: 'gauge',
    name: 'consumer_in_flight_records',
    help: 'Records in work.',
    labels: [GROUP],
  },
  consumerQueuedRecords: {
    type: 'gauge',
    name: 'consumer_queued_records',
    help: 'Records fetched and not begun.',
    labels: [GROUP],
  },
  consumerPausedPartitions: {
    type: 'gauge',
    name: 'consumer_paused_partitions',
    help: 'Partitions paused on purpose (full queue, or a retry that is not due).',
    labels: [GROUP],
  },
  consumerHaltedPartitions: {
    type: 'gauge',
    name: 'consumer_halted_partitions',
    help: 'Partitions whose position is outside of the log; they stand still until a person decides.',
    labels: [GROUP],
  },
  consumerBreakerOpen: {
    type: 'gauge',
    name: 'consumer_breaker_open',
    help: '1 while a group waits for what its handlers depend on instead of blaming events.',
    labels: [GROUP, 'dependency'],
  },
  consumerGroupPaused: {
    type: 'gauge',
    name: 'consumer_group_paused',
    help: '1 while the group is paused or rewound on purpose and its members have left.',
    labels: [GROUP],
  },
  consumerGroupLagRecords: {
    type: 'gauge',
    name: 'consumer_group_lag_records',
    help: 'Records the whole group is behind while it is paused, as the broker says; the same from every replica: take the maximum.',
    labels: [GROUP, DESTINATION],
  },
  parkedRecords: {
    type: 'gauge',
    name: 'parked_records',
    help: 'Records that wait behind a failed one of their key, with it; the same from every replica: take the maximum.',
    labels: [GROUP],
  },
  parkedBlockedKeys: {
    type: 'gauge',
    name: 'parked_blocked_keys',
    help: 'Keys whose records wait; the same from every replica: take the maximum.',
    labels: [GROUP],
  },
  parkedDeadKeys: {
    type: 'gauge',
    name: 'parked_dead_keys',
    help: 'Keys that wait until a person decides about their dead letter; the same from every replica: take the maximum.',
    labels: [GROUP],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
