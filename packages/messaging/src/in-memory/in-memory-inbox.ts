import type { DedupKey } from '../claim-store.ts';
import type { DeadLetter, Inbox, InboxEntry, InboxOutcome } from '../inbox.ts';
import type { ParkingBounds } from '../parking-lot.ts';
import { InboxMemory, type InMemoryTransaction, lockOf, nameOf } from './inbox-memory.ts';
import { parkBehind } from './park-behind.ts';

export type { InMemoryTransaction };

export interface InMemoryInboxOptions {
  /** What it shares with a parking lot. (Default: nothing) */
  readonly memory?: InboxMemory;
  readonly bounds?: Partial<ParkingBounds>;
}

/** An inbox for tests, with what it holds and a switch. */
export interface InMemoryInbox extends Inbox<InMemoryTransaction> {
  readonly deadLetters: readonly DeadLetter[];
  hasHandled(key: DedupKey): boolean;
  /** While false every method rejects with `STORE_UNAVAILABLE`. */
  isAvailable: boolean;
}

/** Same semantics as the one in Postgres, in this process: a duplicate of an event in work waits for its end. */
export function createInMemoryInbox({ memory = new InboxMemory(), bounds }: InMemoryInboxOptions = {}): InMemoryInbox {
  const { handled, attempts, letters } = memory;
  return {
    get isAvailable() {
      return memory.isAvailable;
    },
    set isAvailable(isAvailable) {
      memory.isAvailable = isAvailable;
    },
    get deadLetters() {
      return [...letters.values()];
    },
    hasHandled: (key) => handled.has(nameOf(key)),
    handleOnce: async (entries, work, options) => {
      memory.requireAvailable();
      const locks = entries.flatMap((entry) => [nameOf(entry.key), lockOf(entry) ?? []].flat());
      return memory.withLocks(locks, async () => {
        const outcomes = entries.map((entry) => outcomeOf(memory, entry));
        const of = (outcome: InboxOutcome) => entries.filter((_, index) => outcomes[index] === outcome);
        const fresh = of('handled');
        await memory.commit(async (tx) => {
          if (fresh.length > 0) await work(tx, fresh);
        }, options);
        for (const { key } of fresh) handled.add(nameOf(key));
        return outcomes.map((outcome, index) =>
          outcome === 'parked' ? parkBehind(memory, entries[index] as InboxEntry, bounds) : outcome,
        );
      });
    },
    countAttempts: async (keys) => {
      memory.requireAvailable();
      return keys.map((key) => {
        const count = (attempts.get(nameOf(key)) ?? 0) + 1;
        attempts.set(nameOf(key), count);
        return count;
      });
    },
    uncountAttempts: async (keys) => {
      memory.requireAvailable();
      for (const key of keys) attempts.set(nameOf(key), Math.max(0, (attempts.get(nameOf(key)) ?? 0) - 1));
    },
    areHandled: async (keys) => {
      memory.requireAvailable();
      return keys.map((key) => handled.has(nameOf(key)));
    },
    deadLetter: async (letter) => {
      memory.requireAvailable();
      memory.storeLetter(letter);
    },
  };
}

/** Before it is known whether there is room behind a blocked key. */
function outcomeOf({ handled, parked }: InboxMemory, entry: InboxEntry): InboxOutcome {
  if (handled.has(nameOf(entry.key))) return 'duplicate';
  const lock = lockOf(entry);
  return lock !== undefined && parked.has(lock) ? 'parked' : 'handled';
}
