/** Seconds; the boundaries that OpenTelemetry's conventions advise for durations of requests and messages. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
/** Seconds; an event may wait in an outbox, a retry topic or behind a stopped consumer for hours. */
const AGE_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600] as const;

const GROUP = 'messaging_consumer_group_name';
const DESTINATION = 'messaging_destination_name';

/**
 * Every metric of Throughline: the one place where a metric's name, help, labels and buckets stand.
 * A key is its metric's name in camel case. Names are OpenTelemetry's, in Prometheus' spelling, where its conventions have one.
 * Ids (events, users, objects) are never labels.
 */
export const METRICS = {
  httpServerRequestDurationSeconds: {
    type: 'histogram',
    name: 'http_server_request_duration_seconds',
    help: 'Time from a request’s head to the end of its answer, by route pattern.',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: DURATION_BUCKETS,
  },
  httpServerActiveRequests: {
    type: 'gauge',
    name: 'http_server_active_requests',
    help: 'Requests under way.',
    labels: [],
  },
  httpIdempotentRequestsTotal: {
    type: 'counter',
    name: 'http_idempotent_requests_total',
    help: 'Requests with an Idempotency-Key, by outcome: executed, replayed, running, reused.',
    labels: ['http_route', 'outcome'],
  },
  rateLimiterRefusedTotal: {
    type: 'counter',
    name: 'rate_limiter_refused_total',
    help: 'Calls that a rate limiter refused.',
    labels: ['limiter'],
  },
  rateLimiterFallbackTotal: {
    type: 'counter',
    name: 'rate_limiter_fallback_total',
    help: 'Decisions that a rate limiter took in memory, at half the limit, because Redis did not answer.',
    labels: ['limiter'],
  },
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
  cleanerRemovedRowsTotal: {
    type: 'counter',
    name: 'cleaner_removed_rows_total',
    help: 'Rows removed because their time to be kept is over.',
    labels: ['table'],
  },
  canaryRoundTripSeconds: {
    type: 'histogram',
    name: 'canary_round_trip_seconds',
    help: 'From the insert of a canary event into the outbox to its handler.',
    labels: [],
    buckets: DURATION_BUCKETS,
  },
  canaryLostTotal: {
    type: 'counter',
    name: 'canary_lost_total',
    help: 'Canary events that were not handled within their deadline, or could not even be published.',
    labels: ['reason'],
  },
  canaryLastSuccessTimestampSeconds: {
    type: 'gauge',
    name: 'canary_last_success_timestamp_seconds',
    help: 'When a canary event was last handled, seconds since the epoch.',
    labels: [],
  },
  dbClientConnectionCount: {
    type: 'gauge',
    name: 'db_client_connection_count',
    help: 'Connections of the pool, by state: idle or used.',
    labels: ['db_client_connection_pool_name', 'db_client_connection_state'],
  },
  dbClientConnectionPendingRequests: {
    type: 'gauge',
    name: 'db_client_connection_pending_requests',
    help: 'Callers that wait for a connection of the pool.',
    labels: ['db_client_connection_pool_name'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** What a metric is made from. */
export interface MetricDefinition<Label extends string = string> {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds, of histograms only. */
  readonly buckets?: readonly number[];
}

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
