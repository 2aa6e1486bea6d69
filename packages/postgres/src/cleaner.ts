import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import type { Database } from './database/database.ts';
import { createLease } from './lease.ts';
import { createAlarm } from './relay/alarm.ts';

export interface CleanerOptions {
  readonly database: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /**
   * How long an event is known as processed; a record delivered again later would take effect twice.
   * At least the longest of source topic's retention, span of retries and replay window, and a day. (Default: 8 days)
   */
  readonly processedRetentionMs?: number;
  /** How long a row of the outbox is kept after it was sent. (Default: 60 000) */
  readonly sentRetentionMs?: number;
  /** Rows a statement. (Default: 2 000) */
  readonly batchRows?: number;
  /** Pause between two rounds. (Default: 10 000) */
  readonly intervalMs?: number;
}

export interface Cleaner {
  start(): void;
  /** Ends after the batch in hand. */
  stop(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const LEASE_MS = 60_000;

interface Task {
  readonly table: string;
  /** What may go, with `$2` the retention in milliseconds. */
  readonly condition: string;
  readonly retentionMs: number;
}

/** Removes what is no longer needed, in small batches. Of all replicas one does it at a time, by a lease. */
export function createCleaner(options: CleanerOptions): Cleaner {
  const { database, logger, batchRows = 2_000, intervalMs = 10_000 } = options;
  const lease = createLease({ database, name: 'cleaner', leaseMs: LEASE_MS });
  const removed = options.metrics.counter(METRICS.cleanerRemovedRowsTotal);
  const tasks = tasksOf(options);
  const alarm = createAlarm();
  let isRunning = false;
  let work = Promise.resolve();

  const clean = async ({ table, condition, retentionMs }: Task): Promise<void> => {
    let rows = batchRows;
    while (isRunning && rows === batchRows && (await lease.hold())) {
      rows = await database.execute(
        `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE ${condition} LIMIT $1))`,
        [batchRows, retentionMs],
      );
      removed.inc({ table }, rows);
    }
  };
  const run = async (): Promise<void> => {
    while (isRunning) {
      try {
        for (const task of tasks) await clean(task);
      } catch (error) {
        logger.warn({ err: error }, 'The cleaner could not remove old rows; it tries again.');
      }
      if (isRunning) await alarm.pause(intervalMs);
    }
  };
  return {
    start: () => {
      isRunning = true;
      work = run();
    },
    stop: async () => {
      if (!isRunning) return;
      isRunning = false;
      alarm.ring();
      await work;
      // Otherwise the next one waits for the lease's end.
      await lease.release();
    },
  };
}

function tasksOf(options: CleanerOptions): readonly Task[] {
  const before = `now() - $2 * interval '1 ms'`;
  return [
    { table: 'outbox', condition: `status IN (1, 4) AND sent_at < ${before}`, retentionMs: options.sentRetentionMs ?? 60_000 },
    { table: 'processed_events', condition: `processed_at < ${before}`, retentionMs: options.processedRetentionMs ?? 8 * DAY_MS },
    { table: 'handling_attempts', condition: `last_attempt_at < ${before}`, retentionMs: DAY_MS },
    { table: 'idempotency_keys', condition: `expires_at < ${before}`, retentionMs: 0 },
  ];
}
