import { randomUUID } from 'node:crypto';
import { EventError } from '@throughline/events';
import type { Database, Queryable, Transaction } from './database/database.ts';

/** An answer as it was given, to be given again. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type IdempotencyClaim =
  | { readonly outcome: 'claimed'; readonly token: string }
  | { readonly outcome: 'done'; readonly fingerprint: string; readonly answer: StoredAnswer }
  | { readonly outcome: 'running' };

export interface IdempotencyStore {
  /** Ours to execute, executed before, or in work elsewhere. */
  claim(scope: { readonly caller: string; readonly operation: string; readonly key: string }): Promise<IdempotencyClaim>;
  /**
   * Keeps the answer; with `tx` effect and answer commit together.
   * @throws {EventError} `LEASE_LOST` when the claim is no longer ours: `tx` must then roll back, another request executes.
   */
  complete(
    token: string,
    result: { readonly fingerprint: string; readonly answer: StoredAnswer },
    tx?: Transaction,
  ): Promise<void>;
  /** Extends a claim that is still ours by `claimMs`. */
  renew(token: string): Promise<void>;
  readonly claimMs: number;
  /** Forgets a claim without an answer. */
  release(token: string): Promise<void>;
}

export interface IdempotencyStoreOptions {
  readonly database: Database;
  /** How long an answer is kept. (Default: 24 h) */
  readonly ttlMs?: number;
  /** How long a claim holds without an answer or renewal; what a crash left behind blocks its key for that long. (Default: 120 000) */
  readonly claimMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Answers by (caller, operation, key) in the service's own database. */
export function createIdempotencyStore(options: IdempotencyStoreOptions): IdempotencyStore {
  const { database, ttlMs = DAY_MS, claimMs = 120_000 } = options;
  return {
    claimMs,
    claim: async ({ caller, operation, key }) => {
      const token = randomUUID();
      const claimed = await database.execute(CLAIM, [caller, operation, key, token, claimMs], { name: 'idempotency_claim' });
      if (claimed === 1) return { outcome: 'claimed', token };
      return readClaim(database, [caller, operation, key]);
    },
    complete: async (token, { fingerprint, answer }, tx) => {
      const completed = await (tx ?? database).execute(COMPLETE, [token, fingerprint, JSON.stringify(answer), ttlMs]);
      if (completed === 0) throw new EventError('LEASE_LOST', 'The claim of the Idempotency-Key is over.', { retryable: true });
    },
    renew: async (token) => {
      await database.execute(RENEW, [token, claimMs]);
    },
    release: async (token) => {
      await database.execute('DELETE FROM idempotency_keys WHERE token = $1 AND NOT is_done', [token]);
    },
  };
}

const CLAIM = `
  INSERT INTO idempotency_keys (caller, operation, key, token, expires_at) VALUES ($1, $2, $3, $4, now() + $5 * interval '1 ms')
  ON CONFLICT (caller, operation, key) DO UPDATE SET
    token = EXCLUDED.token, expires_at = EXCLUDED.expires_at, is_done = false, fingerprint = NULL, answer = NULL
  WHERE idempotency_keys.expires_at < now()`;

const RENEW = `
  UPDATE idempotency_keys SET expires_at = now() + $2 * interval '1 ms' WHERE token = $1 AND NOT is_done`;

const COMPLETE = `
  UPDATE idempotency_keys SET is_done = true, fingerprint = $2, answer = $3::json, expires_at = now() + $4 * interval '1 ms'
  WHERE token = $1 AND NOT is_done`;

async function readClaim(database: Queryable, scope: readonly string[]): Promise<IdempotencyClaim> {
  const [row] = await database.query<{ is_done: boolean; fingerprint: string; answer: StoredAnswer }>(
    'SELECT is_done, fingerprint, answer FROM idempotency_keys WHERE caller = $1 AND operation = $2 AND key = $3',
    scope,
  );
  // Released between the two statements: whoever held it has just failed, and the caller may ask again.
  if (row === undefined || !row.is_done) return { outcome: 'running' };
  return { outcome: 'done', fingerprint: row.fingerprint, answer: row.answer };
}
