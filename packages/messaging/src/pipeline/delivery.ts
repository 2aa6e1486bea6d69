import type { Event } from '@throughline/events';
import type { OpenSpan } from '@throughline/telemetry';
import type { DedupKey } from '../claim-store.ts';
import type { InboxEntry } from '../inbox.ts';
import type { Verdict } from '../retries/classify.ts';
import type { RetryHistory } from '../retries/retry-headers.ts';

/** Who a record is: from its headers, else from its value, else its position. */
export interface Identity extends DedupKey {
  /** undefined when neither headers nor value say it. */
  readonly type: string | undefined;
  /** RFC 3339 */
  readonly time: string | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly correlationId: string | undefined;
}

/** A record on its way through the pipeline. */
export interface Delivery extends InboxEntry {
  readonly key: Identity;
  readonly history: RetryHistory;
  /** The dead letter that it was, when it comes from the group's topic of replays. */
  readonly replayOf: string | undefined;
  /** Aborts when the assignment is lost or the drain is over. */
  readonly signal: AbortSignal;
  /** The decoded event, not yet checked; throws the error that decoding gave. */
  readonly decode: () => Event;
  /** Set once it was decoded and kept its contract. */
  event: Event | undefined;
  /** Tries of this event, this one included; set at the claim. */
  attempt: number;
  /** Tries of this delivery that count at present, by who counted them: the inbox does while the claim store is away. */
  readonly counted: { byClaims: number; byInbox: number };
  /** Begun before and never ended, as far as anybody knows: it may be what kills the process. */
  isSuspect: boolean;
  /** Of an event whose trace is recorded. */
  span: OpenSpan | undefined;
}

/** What became of a record whose offset may be committed. */
export type Outcome = 'handled' | 'duplicate' | 'skipped' | 'retried' | 'parked' | 'released' | 'dead-lettered';

/** A record that is done. */
export interface Settled {
  readonly outcome: Outcome;
  /** For people: the delay of the retry topic, the failure. */
  readonly detail?: string;
  /** Of a duplicate. */
  readonly noticedBy?: 'claim' | 'inbox';
}

/** A record that keeps its place; `retryAfterMs` as in UnfinishedRecord. */
export interface Kept {
  readonly outcome: 'kept';
  readonly error: unknown;
  readonly retryAfterMs?: number;
}

/** A try that failed, and what is to become of the event. */
export interface FailedTry {
  readonly error: unknown;
  readonly verdict: Verdict;
}

/** Leaves the records of its chunk: goes the single way, with the try that failed among the others, if there was one. */
export interface Leaver {
  readonly delivery: Delivery;
  readonly failed: FailedTry | undefined;
}
