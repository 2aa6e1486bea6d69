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

/** The authority on what a group has handled: one transaction of the group's own database. `Tx` is the adapter's transaction type. */
export interface Inbox<Tx> {
  /**
   * Runs `work` in one transaction whose first statement records the event as processed.
   * `duplicate`: it was recorded before, `work` did not run. When `work` throws, nothing is recorded and the error passes.
   */
  handleOnce(key: DedupKey, work: (tx: Tx) => Promise<void>): Promise<'handled' | 'duplicate'>;
  /** Counts an attempt durably; used when the claim store is unavailable. Returns the attempt's number, 1 = first. */
  countAttempt(key: DedupKey): Promise<number>;
  /** Takes one counted attempt back, when it ended for a reason that is not the event's. Never below none. */
  uncountAttempt(key: DedupKey): Promise<void>;
  /** Whether the event is recorded as processed. */
  isHandled(key: DedupKey): Promise<boolean>;
  /** Stores the dead letter and, in the same transaction, the outbox row that carries it to `<group>.dlq`. Twice the same position = one dead letter. */
  deadLetter(letter: DeadLetter): Promise<void>;
}
