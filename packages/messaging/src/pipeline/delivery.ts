import type { Event } from '@throughline/events';
import type { DedupKey } from '../claim-store.ts';
import type { IncomingRecord } from '../record.ts';
import type { RetryHistory } from '../retry-headers.ts';

/** Who a record is: from its headers, else from its value, else its position. */
export interface Identity extends DedupKey {
  /** undefined when neither headers nor value say it. */
  readonly type: string | undefined;
  /** RFC 3339 */
  readonly time: string | undefined;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly correlationId?: string;
}

/** A record on its way through the pipeline. */
export interface Delivery {
  readonly record: IncomingRecord;
  readonly identity: Identity;
  readonly history: RetryHistory;
  /** Aborts when the assignment is lost or the drain is over. */
  readonly signal: AbortSignal;
  /** The decoded event; throws the error that decoding gave. */
  readonly event: () => Event;
  /** Tries of this event, this one included; set at the claim. */
  attempt: number;
  /** Tries of this delivery that count at present, by who counted them: the inbox does while the claim store is away. */
  readonly counted: { byClaims: number; byInbox: number };
}

/** What became of a record whose offset may be committed. */
export type Outcome = 'handled' | 'duplicate' | 'skipped' | 'retried' | 'dead-lettered';

export type Deliver = (delivery: Delivery) => Promise<Outcome>;

/** One concern of the pipeline: takes the rest of it and gives back the whole. */
export type Concern = (next: Deliver) => Deliver;
