/**
 * Headers that the replay of a dead letter adds to the record's own: which dead letter it is, where the event was first read (the position its identity and its
 * dead letter's id come from), and how often it was sent back, this time included. UTF-8 text; the timestamp is ISO 8601.
 */
export const REPLAY_HEADERS = {
  dlqId: 'dlq-id',
  originalTopic: 'dlq-original-topic',
  originalPartition: 'dlq-original-partition',
  originalOffset: 'dlq-original-offset',
  originalTimestamp: 'dlq-original-timestamp',
  replayCount: 'dlq-replay-count',
} as const;
