import type { DeadLetter, HandleOptions, InboxEntry } from './inbox.ts';

/** Why the head of a key could not be handled, and when it is tried again. */
export interface ParkedFailure {
  readonly attempts: number;
  readonly firstFailedAtMs: number;
  readonly lastError: string;
  /** Milliseconds since the epoch; undefined with a `letter`: the head waits for a decision. */
  readonly nextAttemptAtMs: number | undefined;
  /** The head has no tries left: stored in the same transaction. */
  readonly letter?: DeadLetter;
}

/** The first record of a blocked key, taken to be tried. */
export interface ParkedHead {
  readonly entry: InboxEntry;
  /** Names its row. */
  readonly position: string;
  /** Tries so far; the one that begins with `takeDue` is counted. */
  readonly attempts: number;
  readonly firstFailedAtMs: number | undefined;
  readonly lastError: string | undefined;
  /** Records of the key behind it. */
  readonly waiting: number;
}

/**
 * Where keys of a group with `order: 'key'` wait behind a record that failed: in the group's own database, so that the offset moves on and other keys flow.
 * A key is blocked as long as anything of it is parked; its head is tried again, and what is behind it follows in sequence, each in a transaction of its own.
 */
export interface ParkingLot<Tx> {
  /**
   * One transaction: records the entry as processed (as of now the parking lot answers for it), blocks its key and parks it as head, or behind what is parked there already.
   * `duplicate`: recorded before, nothing was changed. `parking-full`: nothing was changed, the record must keep its place.
   */
  park(entry: InboxEntry, failure: ParkedFailure): Promise<'parked' | 'duplicate' | 'parking-full'>;
  /** Heads of the group that are due, at most `limit`, counted as tried and not due for `leaseMs`, so that another member leaves them alone. */
  takeDue(group: string, options: { readonly limit: number; readonly leaseMs: number }): Promise<readonly ParkedHead[]>;
  /**
   * One transaction under the lock of the key's block: requires that the head is still parked, runs `work`, records it as processed and removes it; the block goes with the last.
   * The next head is due at once; given back to go on with, taken and counted as by `takeDue`. `gone`: somebody else handled, discarded or replaced it; `work` did not run.
   */
  release(
    head: ParkedHead,
    work: (tx: Tx) => Promise<void>,
    options?: HandleOptions & { readonly leaseMs?: number },
  ): Promise<{ readonly outcome: 'released' | 'gone'; readonly next: ParkedHead | undefined }>;
  /** The head failed again. */
  postpone(head: ParkedHead, failure: ParkedFailure): Promise<void>;
  /** The try that `takeDue` counted was not the event's fault: gives it back, due again at the given time (milliseconds since the epoch). */
  giveBack(head: ParkedHead, nextAttemptAtMs: number): Promise<void>;
  /** When the next head of the group is due, milliseconds since the epoch; undefined when none waits for a time. */
  nextDueAtMs(group: string): Promise<number | undefined>;
  counts(group: string): Promise<ParkingCounts>;
}

export interface ParkingCounts {
  readonly blockedKeys: number;
  /** Of these, keys whose head waits for a decision. */
  readonly deadKeys: number;
  readonly parkedRecords: number;
}

/** How much may wait. */
export interface ParkingBounds {
  /** Behind one key. (Default: 10 000) */
  readonly maxPerKey: number;
  /** In one group. (Default: 100 000) */
  readonly maxPerGroup: number;
}
