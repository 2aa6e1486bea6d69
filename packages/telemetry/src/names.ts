import { EVENTS } from './metric-definitions/events.ts';
import { GROUPS } from './metric-definitions/groups.ts';
import { HTTP } from './metric-definitions/http.ts';
import { QUEUES } from './metric-definitions/queues.ts';
import { SENDING } from './metric-definitions/sending.ts';
import { UPKEEP } from './metric-definitions/upkeep.ts';

/**
 * Every metric of Throughline: the one place where a metric's name, help, labels and buckets stand.
 * A key is its metric's name in camel case. Names are OpenTelemetry's, in Prometheus' spelling, where its conventions have one.
 * Ids (events, users, objects) are never labels.
 */
export const METRICS = { ...HTTP, ...SENDING, ...GROUPS, ...EVENTS, ...QUEUES, ...UPKEEP } as const;

export type { MetricDefinition } from './metric-definitions/metric-definition.ts';

/** Names of span attributes: OpenTelemetry's where its conventions (messaging: Development, 2025) have one. */
export const ATTRIBUTES = {
  eventId: 'event.id',
  eventType: 'event.type',
  eventOutcome: 'event.outcome',
  eventAttempt: 'event.attempt',
  errorType: 'error.type',
  messagingSystem: 'messaging.system',
  messagingOperationName: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  messagingDestinationName: 'messaging.destination.name',
  messagingDestinationPartitionId: 'messaging.destination.partition.id',
  messagingConsumerGroupName: 'messaging.consumer.group.name',
  messagingMessageId: 'messaging.message.id',
  messagingMessageConversationId: 'messaging.message.conversation_id',
  messagingKafkaMessageKey: 'messaging.kafka.message.key',
  messagingKafkaMessageTombstone: 'messaging.kafka.message.tombstone',
  messagingKafkaOffset: 'messaging.kafka.offset',
} as const;

/** Names of the spans that Throughline makes itself: `{operation} {destination}`, as the messaging conventions say. */
export const SPANS = {
  /** Encoding an event and putting it into the outbox. */
  create: (eventType: string) => `create ${eventType}`,
  /** The relay's send of a batch. */
  send: (destination: string) => `send ${destination}`,
  /** Handling one record. */
  process: (destination: string) => `process ${destination}`,
} as const;
