import { integer } from './config-fields.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * What a service that works a queue off is told of it: how long a handler may take (default: 15 s), how long an event that a killed process had stays invisible (30 s), how often an event is
 * received before it is a dead letter (5), the delay after the first receive that failed (1 s) and by how much each is longer than the one before (4), and how dead letters whose
 * tries are used up are sent back by themselves: how often that is looked for (0 = never), how often an event is (3) and how many at a time (100). Hold them against each other with `checkQueue`.
 *
 * @example
 * const config = readConfig(process.env, { ...SERVICE_FIELDS, ...KAFKA_FIELDS, ...QUEUE_FIELDS });
 * const { claimLeaseMs, retry } = checkQueue(config);
 */
export const QUEUE_FIELDS = {
  handlerTimeoutMs: integer('HANDLER_TIMEOUT_MS', { min: 100, max: 50_000, default: 15_000 }),
  visibilityTimeoutMs: integer('VISIBILITY_TIMEOUT_MS', { min: 1_000, max: DAY_MS, default: 30_000 }),
  maxReceiveCount: integer('MAX_RECEIVE_COUNT', { min: 1, max: 20, default: 5 }),
  retryBackoffMs: integer('RETRY_BACKOFF_MS', { min: 1, max: DAY_MS, default: 1_000 }),
  retryBackoffFactor: integer('RETRY_BACKOFF_FACTOR', { min: 2, max: 100, default: 4 }),
  // Timers do not wait for longer than 24 days.
  redriveIntervalMs: integer('REDRIVE_INTERVAL_MS', { min: 0, max: 7 * DAY_MS, default: 0 }),
  redriveLimit: integer('REDRIVE_LIMIT', { min: 1, max: 1_000, default: 3 }),
  redriveBatch: integer('REDRIVE_BATCH', { min: 1, max: 1_000, default: 100 }),
};
