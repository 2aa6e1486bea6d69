import { type Clock, systemClock } from '../clock.ts';
import type { ParkedHead, ParkingBounds, ParkingLot } from '../parking-lot.ts';
import { type InboxMemory, type InMemoryTransaction, lockOf, nameOf, type ParkedKey, type ParkedRow } from './inbox-memory.ts';
import { parkBehind } from './park-behind.ts';

export interface InMemoryParkingLotOptions {
  /** The same as the inbox'. */
  readonly memory: InboxMemory;
  readonly clock?: Pick<Clock, 'nowMs'>;
  readonly bounds?: Partial<ParkingBounds>;
}

const DEFAULT_LEASE_MS = 30_000;

/** Same semantics as the one in Postgres, in this process. */
export function createInMemoryParkingLot(options: InMemoryParkingLotOptions): ParkingLot<InMemoryTransaction> {
  const { memory, clock = systemClock, bounds } = options;
  const take = (key: ParkedKey, leaseMs: number): ParkedHead | undefined => {
    const [row] = key.rows;
    if (row === undefined) return undefined;
    row.attempts += 1;
    row.nextAttemptAtMs = clock.nowMs() + leaseMs;
    const { entry, position, attempts, firstFailedAtMs, lastError } = row;
    return { entry, position, attempts, firstFailedAtMs, lastError, waiting: key.rows.length - 1 };
  };
  return {
    park: async (entry, failure) => {
      memory.requireAvailable();
      return memory.withLocks([nameOf(entry.key), lockOf(entry) ?? ''], async () =>
        memory.handled.has(nameOf(entry.key)) ? 'duplicate' : parkBehind(memory, entry, bounds, failure),
      );
    },
    takeDue: async (group, { limit, leaseMs }) => {
      memory.requireAvailable();
      const due = dueKeys(memory, group, clock.nowMs()).slice(0, limit);
      return due.flatMap((key) => take(key, leaseMs) ?? []);
    },
    release: async (head, work, { leaseMs = DEFAULT_LEASE_MS, ...handleOptions } = {}) => {
      memory.requireAvailable();
      const lock = lockOf(head.entry) ?? '';
      return memory.withLocks([lock], async () => {
        const key = memory.parked.get(lock);
        const [row] = key?.rows ?? [];
        if (key === undefined || row?.position !== head.position || row.nextAttemptAtMs === undefined)
          return { outcome: 'gone', next: undefined };
        await memory.commit(work, handleOptions);
        memory.handled.add(nameOf(head.entry.key));
        key.rows.shift();
        if (key.rows.length === 0) memory.parked.delete(lock);
        return { outcome: 'released', next: take(key, leaseMs) };
      });
    },
    postpone: async (head, failure) => {
      memory.requireAvailable();
      const row = rowOf(memory, head);
      if (row === undefined) return;
      const { attempts, firstFailedAtMs, lastError, nextAttemptAtMs, letter } = failure;
      Object.assign(row, { attempts, firstFailedAtMs, lastError, nextAttemptAtMs });
      if (letter !== undefined) memory.storeLetter(letter);
    },
    giveBack: async (head, nextAttemptAtMs) => {
      memory.requireAvailable();
      const row = rowOf(memory, head);
      if (row !== undefined) Object.assign(row, { attempts: head.attempts - 1, nextAttemptAtMs });
    },
    nextDueAtMs: async (group) => {
      memory.requireAvailable();
      const times = keysOf(memory, group).flatMap(({ rows }) => rows[0]?.nextAttemptAtMs ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    counts: async (group) => {
      memory.requireAvailable();
      const keys = keysOf(memory, group);
      return {
        blockedKeys: keys.length,
        deadKeys: keys.filter(({ rows }) => rows[0]?.nextAttemptAtMs === undefined).length,
        parkedRecords: keys.reduce((sum, { rows }) => sum + rows.length, 0),
      };
    },
  };
}

function keysOf({ parked }: InboxMemory, group: string): ParkedKey[] {
  return [...parked.values()].filter((key) => key.group === group);
}

/** The longest due first, also while others are put behind them. */
function dueKeys(memory: InboxMemory, group: string, nowMs: number): ParkedKey[] {
  const dueAtMs = ({ rows: [head] }: ParkedKey): number => head?.nextAttemptAtMs ?? Number.POSITIVE_INFINITY;
  const due = keysOf(memory, group).filter((key) => dueAtMs(key) <= nowMs);
  return due.sort((a, b) => dueAtMs(a) - dueAtMs(b));
}

/** As long as nobody else took the head after its lease was over, and nobody has to decide. */
function rowOf(memory: InboxMemory, head: ParkedHead): ParkedRow | undefined {
  const row = memory.parked.get(lockOf(head.entry) ?? '')?.rows[0];
  const isTheirs = row?.position === head.position && row.attempts === head.attempts && row.nextAttemptAtMs !== undefined;
  return isTheirs ? row : undefined;
}
