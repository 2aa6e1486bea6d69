import { randomUUID } from 'node:crypto';
import type { ClaimStore, DedupKey } from '../claim-store.ts';
import { type Clock, systemClock } from '../clock.ts';

export interface InMemoryClaimStoreOptions {
  /** (Default: 10 000) */
  readonly leaseMs?: number;
  readonly clock?: Pick<Clock, 'nowMs'>;
  /** What the stores of several members share. (Default: nothing) */
  readonly memory?: ClaimMemory;
}

/** A claim store for tests, with switches for what a real one may do at any time. */
export interface InMemoryClaimStore extends ClaimStore {
  /** Forgets everything, like a flushed Redis. */
  flush(): void;
  /** While false every claim is `unavailable`. */
  isAvailable: boolean;
}

interface Claimed {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Where claims and counts are kept. */
export class ClaimMemory {
  readonly claims = new Map<string, Claimed | 'done'>();
  readonly attempts = new Map<string, number>();
}

/** Same semantics as the one in Redis, in this process. */
export function createInMemoryClaimStore(options: InMemoryClaimStoreOptions = {}): InMemoryClaimStore {
  const { leaseMs = 10_000, clock = systemClock, memory = new ClaimMemory() } = options;
  const { claims, attempts } = memory;
  const held = (name: string): Claimed | 'done' | undefined => {
    const claim = claims.get(name);
    return claim === 'done' || (claim !== undefined && claim.expiresAtMs > clock.nowMs()) ? claim : undefined;
  };
  const isOurs = (name: string, token: string): boolean => {
    const claim = held(name);
    return claim !== undefined && claim !== 'done' && claim.token === token;
  };
  const store: InMemoryClaimStore = {
    leaseMs,
    isAvailable: true,
    flush: () => {
      claims.clear();
      attempts.clear();
    },
    claim: async (key) => {
      if (!store.isAvailable) return { outcome: 'unavailable', cause: new Error('claim store switched off') };
      const name = nameOf(key);
      const claim = held(name);
      if (claim === 'done') return { outcome: 'done' };
      if (claim !== undefined) return { outcome: 'in-work', retryAfterMs: Math.max(1, claim.expiresAtMs - clock.nowMs()) };
      const token = randomUUID();
      const attempt = (attempts.get(name) ?? 0) + 1;
      attempts.set(name, attempt);
      claims.set(name, { token, expiresAtMs: clock.nowMs() + leaseMs });
      return { outcome: 'claimed', token, attempt };
    },
    renew: async (key, token) => {
      if (!store.isAvailable) return true;
      const name = nameOf(key);
      if (isOurs(name, token)) claims.set(name, { token, expiresAtMs: clock.nowMs() + leaseMs });
      return isOurs(name, token);
    },
    confirm: async (key, token) => {
      const name = nameOf(key);
      if (!store.isAvailable || (held(name) !== undefined && !isOurs(name, token))) return;
      claims.set(name, 'done');
      attempts.delete(name);
    },
    release: async (key, token, attempt = 'counted') => {
      const name = nameOf(key);
      if (!store.isAvailable || !isOurs(name, token)) return;
      claims.delete(name);
      if (attempt === 'taken-back') attempts.set(name, Math.max(0, (attempts.get(name) ?? 0) - 1));
      if (attempt === 'forgotten') attempts.delete(name);
    },
  };
  return store;
}

function nameOf({ group, source, id }: DedupKey): string {
  return JSON.stringify([group, source, id]);
}
