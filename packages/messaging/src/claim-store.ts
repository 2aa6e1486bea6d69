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

/** A claim that is ours. */
export interface Claim {
  readonly key: DedupKey;
  readonly token: string;
}

/** The fast path of dedup (Redis). It may forget or be away: that costs speed, never correctness. No method throws. Each takes many in one round trip. */
export interface ClaimStore {
  /** Results in the order of the keys, which are distinct. */
  claim(keys: readonly DedupKey[]): Promise<readonly ClaimResult[]>;
  /** Extends the lease of claims; the ones that are no longer ours. */
  renew(claims: readonly Claim[]): Promise<readonly Claim[]>;
  /** After the handler's commit only. */
  confirm(claims: readonly Claim[]): Promise<void>;
  /** After a failure: compare-and-delete, so that a retry may claim at once. (Default fate: `counted`) */
  release(claims: readonly Claim[], attempt?: AttemptFate): Promise<void>;
  /** Sets the count of an event to none, whoever has it claimed. */
  forgetAttempts(keys: readonly DedupKey[]): Promise<void>;
  /** Lease of a claim in milliseconds; renewal happens at a third of it. */
  readonly leaseMs: number;
}
