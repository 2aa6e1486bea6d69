import type { Queryable } from '../database/database.ts';

/** Up to which `seq` of the outbox no row can appear any more, as far as is known. */
export interface Watermark {
  /** Looks again, at most once a second. */
  refresh(): Promise<void>;
  readonly seq: bigint;
}

const INTERVAL_MS = 1_000;

/**
 * Numbers are given out before commits, so a row may appear late, below ones that were sent long ago. Whoever inserts has locked the table (ROW EXCLUSIVE) before it takes a number, until it
 * ends. So when the last number is read first and the table's lockers after it, nothing below that number can appear once all these have ended. Unlike with the oldest transaction of the
 * cluster, one that does not write to the outbox holds up nothing.
 */
export function createWatermark({ database, now }: { readonly database: Queryable; readonly now: () => number }): Watermark {
  let seq = 0n;
  let candidate: { readonly seq: bigint; readonly writers: ReadonlySet<string> } | undefined;
  let dueAtMs = Number.NEGATIVE_INFINITY;
  return {
    get seq() {
      return seq;
    },
    refresh: async () => {
      if (now() < dueAtMs) return;
      dueAtMs = now() + INTERVAL_MS;
      const [last] = await database.query<{ seq: string }>(LAST_NUMBER);
      const writers = (await database.query<{ writer: string }>(WRITERS)).map(({ writer }) => writer);
      const known = candidate;
      if (known !== undefined && writers.some((writer) => known.writers.has(writer))) return;
      if (known !== undefined) seq = known.seq;
      candidate = { seq: BigInt(last?.seq ?? 0), writers: new Set(writers) };
    },
  };
}

const LAST_NUMBER = 'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS seq FROM outbox_seq_seq';
const WRITERS = `
  SELECT DISTINCT virtualtransaction AS writer FROM pg_locks
  WHERE locktype = 'relation' AND relation = 'outbox'::regclass AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
