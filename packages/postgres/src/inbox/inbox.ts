import type { HandleOptions, Inbox, InboxEntry, InboxOutcome, ParkingBounds } from '@throughline/messaging';
import type { Database, Transaction } from '../database/database.ts';
import { appendHeld, holdBehindBlocks } from '../parking/park-behind-blocks.ts';
import { toParkingBounds } from '../parking/parking-bounds.ts';
import { countAttempts, forgetAttempts, uncountAttempts } from './handling-attempts.ts';
import { areProcessed, recordProcessed } from './processed-events.ts';
import { storeDeadLetter } from './store-dead-letter.ts';

export interface InboxOptions {
  readonly database: Database;
  /** Called after the commit of a dead letter; wakes the relay, which carries it to `<group>.dlq`. */
  readonly wake?: () => void;
  /** How much may wait behind blocked keys; the same as the parking lot's. */
  readonly parkingBounds?: Partial<ParkingBounds>;
}

/**
 * What a service's groups have handled, in the service's own database.
 * A second delivery of an event whose first is still in its transaction waits for the end of that one, or fails as retryable after the lock timeout; so does an event whose key is just being released.
 */
export function createInbox(options: InboxOptions): Inbox<Transaction> {
  const { database, wake } = options;
  const bounds = toParkingBounds(options.parkingBounds);
  return {
    handleOnce: async (entries, work, handleOptions) => {
      if (entries.length === 0) return [];
      return database.transaction((tx) => handleOnce(forHandling(tx, handleOptions), { entries, work, bounds }));
    },
    areHandled: async (keys) => (keys.length === 0 ? [] : areProcessed(database, keys)),
    countAttempts: async (keys) => (keys.length === 0 ? [] : countAttempts(database, keys)),
    uncountAttempts: async (keys) => {
      if (keys.length > 0) await uncountAttempts(database, keys);
    },
    deadLetter: (letter) =>
      database.transaction(async (tx) => {
        await storeDeadLetter(tx, letter);
        await forgetAttempts(tx, { group: letter.group, source: letter.source, id: letter.eventId });
        if (wake !== undefined) tx.afterCommit(wake);
      }),
  };
}

interface Chunk {
  readonly entries: readonly InboxEntry[];
  readonly work: (tx: Transaction, fresh: readonly InboxEntry[]) => Promise<void>;
  readonly bounds: ParkingBounds;
}

/** The order of the statements is what keeps anybody from overtaking: first recorded, then looked up as blocked (docs/adr/0010). */
async function handleOnce(tx: Transaction, { entries, work, bounds }: Chunk): Promise<readonly InboxOutcome[]> {
  const isNew = await recordProcessed(
    tx,
    entries.map(({ key }) => key),
  );
  const held = await holdBehindBlocks(
    tx,
    entries.filter((entry, index) => isNew[index] === true && entry.parksBehind !== undefined),
    bounds,
  );
  const isHeld = new Set([...held.parking, ...held.full]);
  const isFree = (entry: InboxEntry, index: number): boolean => isNew[index] === true && !isHeld.has(entry);
  const fresh = entries.filter(isFree);
  if (fresh.length > 0) await work(tx, fresh);
  const outcomes = await appendHeld(tx, held);
  return entries.map((entry, index) => (isFree(entry, index) ? 'handled' : (outcomes.get(entry) ?? 'duplicate')));
}

/** The transaction as a handler gets it. */
export function forHandling(tx: Transaction, options: HandleOptions = {}): Transaction {
  return options.isPublishingSuppressed === true ? { ...tx, isPublishingSuppressed: true } : tx;
}
