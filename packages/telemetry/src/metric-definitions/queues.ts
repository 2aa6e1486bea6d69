import type { MetricDefinition } from './metric-definition.ts';

/** Groups seen as queues. */
export const QUEUES = {
  queueMessages: {
    type: 'gauge',
    name: 'queue_messages',
    help: 'Records of a group seen as a queue, by state: visible, in_flight, delayed; approximate, as those of SQS are.',
    labels: ['queue', 'state'],
  },
  queueOldestMessageAgeSeconds: {
    type: 'gauge',
    name: 'queue_oldest_message_age_seconds',
    help: 'Age of the oldest record of a queue that is not finished, within 5 percent; 0 when there is none.',
    labels: ['queue'],
  },
  queueDeadLetters: {
    type: 'gauge',
    name: 'queue_dead_letters',
    help: 'Dead letters of a queue that wait for a decision.',
    labels: ['queue'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
