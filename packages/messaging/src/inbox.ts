import type { DedupKey } from './claim-store.ts';
import type { IncomingRecord } from './record.ts';

/** Why an event waits for a person. */
export type DeadLetterReason = 'decoding' | 'contract' | 'handler' | 'timeout' | 'attempts';

/** Original bytes and headers of what could not be handled, and the story of the failure. */
export interface DeadLetter {
  readonly group: string;
  readonly record: IncomingRecord;
  /** Position where the event was first read: differs from `record` when it failed in a retry topic. */
  readonly original: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: bigint;
    readonly timestampMs: number;
  };
  readonly eventId: string;
  readonly source: string;
  readonly eventType: string | undefined;
  readonly reason: DeadLetterReason;
  readonly attempts: number;
  readonly firstFailedAtMs: number;
  readonly lastFailedAtMs: number;
  readonly error: { readonly class: string; readonly message: string; readonly stack: string };
  readonly replayCount: number;
}

/** One delivery as the inbox needs it. */
export interface InboxEntry {
  readonly key: DedupKey;
  readonly record: IncomingRecord;
  readonly eventType: string | undefined;
  /** Where it was first read: its place among records of its key. */
  readonly original: DeadLetter['original'];
  /** Present in a group that keeps the order of keys, for a record that has a key: it waits behind a failed one of its (topic, key). */
  readonly parksBehind?: { readonly topic: string; readonly key: Buffer };
}

/**
 * `handled`: `work` ran for it and committed. `duplicate`: recorded before. `parked`: its key is blocked, it now waits there.
 * `parking-full`: its key is blocked and no more may wait; nothing was recorded, it must keep its place.
 */
export type InboxOutcome = 'handled' | 'duplicate' | 'parked' | 'parking-full';

export interface HandleOptions {
  /** What `work` puts into an outbox is dropped: a replay that must not publish. (Default: false) */
  readonly isPublishingSuppressed?: boolean;
}

/** The authority on what a group has handled: the group's own database. `Tx` is the adapter's transaction type. */
export interface Inbox<Tx> {
  /**
   * One transaction: records the entries as processed (in the order of their ids, so that two members never lock each other out), parks those whose key is blocked, and runs `work`
   * with the others, in the given order; not at all when there are none. Outcomes in the order of `entries`, whose keys are distinct. When `work` throws, nothing is recorded and the error passes.
   */
  handleOnce(
    entries: readonly InboxEntry[],
    work: (tx: Tx, fresh: readonly InboxEntry[]) => Promise<void>,
    options?: HandleOptions,
  ): Promise<readonly InboxOutcome[]>;
  /** Counts an attempt of each durably; used when the claim store is unavailable. Numbers in the order of the keys, 1 = first. */
  countAttempts(keys: readonly DedupKey[]): Promise<readonly number[]>;
  /** Takes one counted attempt of each back, when it ended for a reason that is not the event's. Never below none. */
  uncountAttempts(keys: readonly DedupKey[]): Promise<void>;
  /** Which of them are recorded as processed, in their order. */
  areHandled(keys: readonly DedupKey[]): Promise<readonly boolean[]>;
  /** Stores the dead letter and, in the same transaction, the outbox row that carries it to `<group>.dlq`. Twice the same position = one dead letter. */
  deadLetter(letter: DeadLetter): Promise<void>;
}
