import { type Clock, type ParkingBounds, type ParkingCounts, type ParkingLot, systemClock } from '@throughline/messaging';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import { forHandling } from '../inbox/inbox.ts';
import { storableKeyPart } from '../inbox/storable.ts';
import { parkEntry } from './park-entry.ts';
import { toParkingBounds } from './parking-bounds.ts';
import { giveHeadBack, postponeHead, releaseHead } from './release-head.ts';
import { takeDue } from './take-due.ts';

export interface ParkingLotOptions {
  readonly database: Database;
  /** Called after the commit of a dead letter; wakes the relay, which carries it to `<group>.dlq`. */
  readonly wake?: () => void;
  /** How much may wait; the same as the inbox's. */
  readonly bounds?: Partial<ParkingBounds>;
  /** Of who says when a head is due. (Default: the process' own) */
  readonly clock?: Pick<Clock, 'nowMs'>;
}

const DEFAULT_LEASE_MS = 30_000;

/** Where failed keys of a service's groups wait, in the service's own database. Rows hold times of the database's clock, which this process' may differ from. */
export function createParkingLot(options: ParkingLotOptions): ParkingLot<Transaction> {
  const { database, wake = () => {}, clock = systemClock } = options;
  const bounds = toParkingBounds(options.bounds);
  return {
    park: (entry, failure) =>
      allOrNothing(database, async (tx, nothing) => {
        const outcome = await parkEntry(tx, entry, { failure, bounds, nowMs: clock.nowMs() });
        if (outcome !== 'parked') return nothing(outcome);
        if (failure.letter !== undefined) tx.afterCommit(wake);
        return outcome;
      }),
    takeDue: (group, taking) => takeDue(database, group, taking),
    release: (head, work, { leaseMs = DEFAULT_LEASE_MS, ...handling } = {}) =>
      database.transaction((tx) => releaseHead(tx, head, { work: () => work(forHandling(tx, handling)), leaseMs })),
    postpone: (head, failure) =>
      database.transaction(async (tx) => {
        if (await postponeHead(tx, head, { ...failure, nowMs: clock.nowMs() })) tx.afterCommit(wake);
      }),
    giveBack: (head, nextAttemptAtMs) => giveHeadBack(database, head, nextAttemptAtMs - clock.nowMs()),
    nextDueAtMs: async (group) => {
      const delayMs = await nextDueInMs(database, group);
      return delayMs === undefined ? undefined : clock.nowMs() + delayMs;
    },
    counts: (group) => countsOf(database, group),
  };
}

/** A transaction that `nothing(result)` ends with that result and without a trace. */
async function allOrNothing<Result>(
  database: Database,
  work: (tx: Transaction, nothing: (result: Result) => never) => Promise<Result>,
): Promise<Result> {
  const undo = new Error('rolled back on purpose');
  let outcome: { readonly result: Result } | undefined;
  try {
    return await database.transaction((tx) =>
      work(tx, (result) => {
        outcome = { result };
        throw undo;
      }),
    );
  } catch (error) {
    if (error === undo && outcome !== undefined) return outcome.result;
    throw error;
  }
}

async function nextDueInMs(database: Queryable, group: string): Promise<number | undefined> {
  const [row] = await database.query<{ delayMs: number | null }>(
    `SELECT (extract(epoch FROM min(next_attempt_at) - clock_timestamp()) * 1000)::float8 AS "delayMs" FROM parked_keys WHERE consumer_group = $1`,
    [storableKeyPart(group)],
  );
  return row?.delayMs ?? undefined;
}

async function countsOf(database: Queryable, group: string): Promise<ParkingCounts> {
  const [row] = await database.query<ParkingCounts>(
    `SELECT count(*)::int AS "blockedKeys", (count(*) FILTER (WHERE next_attempt_at IS NULL))::int AS "deadKeys",
       coalesce(sum(parked_records), 0)::int AS "parkedRecords"
     FROM parked_keys WHERE consumer_group = $1`,
    [storableKeyPart(group)],
  );
  return row ?? { blockedKeys: 0, deadKeys: 0, parkedRecords: 0 };
}
