import type { Database, Transaction } from '@throughline/postgres';
import type { Logger } from '@throughline/telemetry';

export interface DayPartitionsOptions {
  readonly database: Database;
  readonly logger: Logger;
  /** Days before today that are kept. */
  readonly retentionDays: number;
  /** Between two looks, milliseconds. (Default: 10 min) */
  readonly intervalMs?: number;
  /** (Default: Date.now) */
  readonly nowMs?: () => number;
}

/** The days that rows can be stored under. */
export interface DayPartitions {
  /** Makes what is missing, drops what is too old; several processes may do so at once. */
  refresh(): Promise<void>;
  /** The day a row of this time belongs to, or undefined when it is older than what is kept. A time that is to come counts as today. */
  dayOf(timestampMs: number): string | undefined;
  start(): void;
  stop(): void;
}

const INDEX_TABLES = ['indexed_events', 'event_outcomes'] as const;

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Made ahead, so that a database which is away at midnight does not matter. */
const DAYS_AHEAD = 2;
/** Any number that nothing else in the database uses. */
const ADVISORY_LOCK = '7310579316240894';

/** Keeps a partition a day (UTC) for the index: removing a day is then dropping a table, whatever it holds. */
export function createDayPartitions(options: DayPartitionsOptions): DayPartitions {
  const { database, logger, retentionDays, intervalMs = 10 * 60_000, nowMs = Date.now } = options;
  let timer: NodeJS.Timeout | undefined;
  const refresh = () =>
    database.transaction(async (tx) => {
      await tx.execute('SELECT pg_advisory_xact_lock($1::bigint)', [ADVISORY_LOCK]);
      const today = nowMs();
      for (const table of INDEX_TABLES) {
        const present = await partitionsOf(tx, table);
        for (let offset = -retentionDays; offset <= DAYS_AHEAD; offset += 1)
          await create(tx, { table, ms: today + offset * DAY_MS, present });
        const oldest = nameOf(table, today - retentionDays * DAY_MS);
        for (const name of present) if (name < oldest) await drop(tx, name, logger);
      }
    });
  return {
    refresh,
    dayOf: (timestampMs) => {
      const today = nowMs();
      if (timestampMs < startOf(today) - retentionDays * DAY_MS) return undefined;
      return dateOf(Math.min(timestampMs, today));
    },
    start: () => {
      const again = () =>
        refresh().catch((error: unknown) =>
          logger.warn({ err: error }, 'Partitions of the index could not be kept; trying again'),
        );
      timer = setInterval(again, intervalMs);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

async function partitionsOf(tx: Transaction, table: string): Promise<readonly string[]> {
  const rows = await tx.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = $1::regclass`,
    [table],
  );
  return rows.map(({ name }) => name);
}

async function create(tx: Transaction, day: { table: string; ms: number; present: readonly string[] }): Promise<void> {
  const { table, ms, present } = day;
  const name = nameOf(table, ms);
  if (present.includes(name)) return;
  await tx.execute(`CREATE TABLE ${name} PARTITION OF ${table} FOR VALUES FROM ('${dateOf(ms)}') TO ('${dateOf(ms + DAY_MS)}')`);
}

async function drop(tx: Transaction, name: string, logger: Logger): Promise<void> {
  await tx.execute(`DROP TABLE ${name}`);
  logger.info(`The index' partition ${name} was dropped: its time to be kept is over`);
}

function startOf(ms: number): number {
  return ms - (ms % DAY_MS);
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function nameOf(table: string, ms: number): string {
  return `${table}_${dateOf(ms).replaceAll('-', '')}`;
}
