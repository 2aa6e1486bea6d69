import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import type { Database } from '../database/database.ts';
import { createAlarm } from '../relay/alarm.ts';

export interface ParkingWatchOptions {
  readonly database: Database;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Pause between two counts, milliseconds. (Default: 15 000) */
  readonly intervalMs?: number;
}

/** Shows how much the groups of a database have parked. */
export interface ParkingWatch {
  start(): void;
  /** Ends after the count in hand. */
  stop(): Promise<void>;
}

interface GroupCounts {
  readonly group: string;
  readonly records: number;
  readonly keys: number;
  readonly deadKeys: number;
}

const COUNT = `
  SELECT consumer_group AS "group", sum(parked_records)::int AS records, count(*)::int AS keys,
    (count(*) FILTER (WHERE next_attempt_at IS NULL))::int AS "deadKeys"
  FROM parked_keys GROUP BY consumer_group`;

/** Gauges of parked records, blocked and dead keys, a group each; none of a group that never parked anything. */
export function createParkingWatch(options: ParkingWatchOptions): ParkingWatch {
  const { database, logger, intervalMs = 15_000 } = options;
  const show = createGauges(options.metrics);
  const alarm = createAlarm();
  let isRunning = false;
  let work = Promise.resolve();
  const run = async (): Promise<void> => {
    while (isRunning) {
      try {
        show(await database.query<GroupCounts>(COUNT));
      } catch (error) {
        logger.warn({ err: error }, 'What is parked could not be counted; its figures stay as they were.');
      }
      if (isRunning) await alarm.pause(intervalMs);
    }
  };
  return {
    start: () => {
      if (isRunning) return;
      isRunning = true;
      work = run();
    },
    stop: async () => {
      isRunning = false;
      alarm.ring();
      await work;
    },
  };
}

function createGauges(metrics: Metrics): (counts: readonly GroupCounts[]) => void {
  const records = metrics.gauge(METRICS.parkedRecords);
  const keys = metrics.gauge(METRICS.parkedBlockedKeys);
  const deadKeys = metrics.gauge(METRICS.parkedDeadKeys);
  const set = (group: string, counts: Omit<GroupCounts, 'group'>): void => {
    const labels = { messaging_consumer_group_name: group };
    records.set(labels, counts.records);
    keys.set(labels, counts.keys);
    deadKeys.set(labels, counts.deadKeys);
  };
  let shown: readonly string[] = [];
  return (counts) => {
    // A group without a row has none parked any more.
    for (const group of shown) set(group, { records: 0, keys: 0, deadKeys: 0 });
    for (const each of counts) set(each.group, each);
    shown = [...new Set([...shown, ...counts.map(({ group }) => group)])];
  };
}
