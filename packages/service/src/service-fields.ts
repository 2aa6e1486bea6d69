import { LOG_LEVELS } from '@throughline/telemetry';
import { integer, oneOf, optional, port, text, token, url } from './config-fields.ts';
import { DEFAULT_START_DEADLINE_MS } from './retry-while-starting.ts';
import { DEFAULT_CONNECTIONS, DEFAULT_PROCESSED_RETENTION_MS } from './start-stores.ts';

/**
 * What every service with stores of its own is told: where it listens (default: 127.0.0.1), how much it logs (default: info), its stores, how many connections its
 * requests and handlers have (10), how long events are known as processed (8 days), how long the start waits for a store that is not up (60 s), how long stopping may take (24 s) and the platform waits for it (not known), and the token of its
 * operations API (none, and no API; at least 16 characters).
 *
 * @example
 * const config = readConfig(process.env, { ...SERVICE_FIELDS, ...KAFKA_FIELDS });
 */
export const SERVICE_FIELDS = {
  host: text('HOST', { default: '127.0.0.1' }),
  httpPort: port('HTTP_PORT'),
  opsPort: port('OPS_PORT'),
  logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
  databaseUrl: url('DATABASE_URL', { secret: true }),
  redisUrl: url('REDIS_URL', { secret: true }),
  databaseConnections: integer('DATABASE_CONNECTIONS', { min: 4, max: 200, default: DEFAULT_CONNECTIONS }),
  processedRetentionMs: integer('PROCESSED_RETENTION_MS', { min: 60_000, default: DEFAULT_PROCESSED_RETENTION_MS }),
  startDeadlineMs: integer('START_DEADLINE_MS', { min: 1_000, default: DEFAULT_START_DEADLINE_MS }),
  drainDeadlineMs: integer('DRAIN_DEADLINE_MS', { min: 1_000, default: 24_000 }),
  terminationGraceMs: optional(integer('TERMINATION_GRACE_MS', { min: 1_000 })),
  operationsToken: optional(token('OPERATIONS_TOKEN')),
};
