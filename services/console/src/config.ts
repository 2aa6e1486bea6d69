import { integer, KAFKA_FIELDS, list, readConfig, SERVICE_FIELDS, token } from '@throughline/service';

/** Everything the console is told from outside, read once. */
export function readConsoleConfig(environment: NodeJS.ProcessEnv) {
  return readConfig(environment, {
    ...SERVICE_FIELDS,
    ...KAFKA_FIELDS,
    operationsToken: token('OPERATIONS_TOKEN'),
    operationsUrls: list('OPERATIONS_URLS', { default: [] }),
    retentionDays: integer('INDEX_RETENTION_DAYS', { default: 7, min: 1, max: 365 }),
    canaryIntervalMs: integer('CANARY_INTERVAL_MS', { default: 10_000, min: 100 }),
    canaryDeadlineMs: integer('CANARY_DEADLINE_MS', { default: 30_000, min: 100 }),
  });
}
