/** The answer stored under an Idempotency-Key. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type IdempotencyClaim =
  /** Ours to execute; `token` completes or releases it. */
  | { readonly outcome: 'claimed'; readonly token: string }
  /** Executed before; compare `fingerprint` with the present request's, then answer with `answer`. */
  | { readonly outcome: 'done'; readonly fingerprint: string; readonly answer: StoredAnswer }
  | { readonly outcome: 'running' };

/** Keeps answers by (caller, operation, key) for 24 h. Implemented in Postgres by packages/postgres; a structural port, so that adapters do not import each other. */
export interface IdempotencyStore {
  claim(scope: { caller: string; operation: string; key: string }): Promise<IdempotencyClaim>;
  /** Stores the answer; in the caller's transaction when `tx` is given, so that effect and answer commit together. */
  complete(token: string, result: { fingerprint: string; answer: StoredAnswer }, tx?: unknown): Promise<void>;
  /** Extends a claim that is still ours by `claimMs`. */
  renew(token: string): Promise<void>;
  /** How long a claim holds without being renewed, milliseconds. */
  readonly claimMs: number;
  /** Forgets a claim whose request failed, so that it may be sent again; does nothing once the answer is stored. */
  release(token: string): Promise<void>;
}
