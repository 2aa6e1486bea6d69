/** Identity of an event in a consumer group; the same everywhere that duplicates are looked for. */
export interface DedupKey {
  readonly group: string;
  readonly source: string;
  readonly id: string;
}

/**
 * `claimed`: ours to handle, `attempt` counts claims of this event (1 = first), taken before the handler runs so that an event which kills the process is counted.
 * `done`: handled before. `in-work`: somebody else has it, come back after `retryAfterMs`. `unavailable`: the store cannot say; go on without it.
 */
export type ClaimResult =
  | { readonly outcome: 'claimed'; readonly token: string; readonly attempt: number }
  | { readonly outcome: 'done' }
  | { readonly outcome: 'in-work'; readonly retryAfterMs: number }
  | { readonly outcome: 'unavailable'; readonly cause: unknown };

/**
 * What becomes of the attempt that a released claim counted: `counted` stays (default); `taken-back` when the event is not to blame
 * (database away, shutdown); `forgotten` sets the event's count to none (dead letter: a replay starts anew).
 */
export type AttemptFate = 'counted' | 'taken-back' | 'forgotten';

/** The fast path of dedup (Redis). It may forget or be away: that costs speed, never correctness. No method throws. */
export interface ClaimStore {
  claim(key: DedupKey): Promise<ClaimResult>;
  /** Extends the lease of a claim; false when it is no longer ours. */
  renew(key: DedupKey, token: string): Promise<boolean>;
  /** After the handler's commit only. */
  confirm(key: DedupKey, token: string): Promise<void>;
  /** After a failure: compare-and-delete, so that a retry may claim at once. */
  release(key: DedupKey, token: string, attempt?: AttemptFate): Promise<void>;
  /** Lease of a claim in milliseconds; renewal happens at a third of it. */
  readonly leaseMs: number;
}
