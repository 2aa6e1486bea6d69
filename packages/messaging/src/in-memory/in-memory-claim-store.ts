import { randomUUID } from 'node:crypto';
import type { AttemptFate, Claim, ClaimResult, ClaimStore, DedupKey } from '../claim-store.ts';
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
  const claimOne = (key: DedupKey): ClaimResult => {
    const name = nameOf(key);
    const claim = held(name);
    if (claim === 'done') return { outcome: 'done' };
    if (claim !== undefined) return { outcome: 'in-work', retryAfterMs: Math.max(1, claim.expiresAtMs - clock.nowMs()) };
    const token = randomUUID();
    const attempt = (attempts.get(name) ?? 0) + 1;
    attempts.set(name, attempt);
    claims.set(name, { token, expiresAtMs: clock.nowMs() + leaseMs });
    return { outcome: 'claimed', token, attempt };
  };
  const renewOne = ({ key, token }: Claim): boolean => {
    const name = nameOf(key);
    if (!isOurs(name, token)) return false;
    claims.set(name, { token, expiresAtMs: clock.nowMs() + leaseMs });
    return true;
  };
  const confirmOne = ({ key, token }: Claim): void => {
    const name = nameOf(key);
    if (held(name) !== undefined && !isOurs(name, token)) return;
    claims.set(name, 'done');
    attempts.delete(name);
  };
  const releaseOne = ({ key, token }: Claim, fate: AttemptFate): void => {
    const name = nameOf(key);
    if (!isOurs(name, token)) return;
    claims.delete(name);
    if (fate === 'taken-back') attempts.set(name, Math.max(0, (attempts.get(name) ?? 0) - 1));
    if (fate === 'forgotten') attempts.delete(name);
  };
  const away = (): ClaimResult => ({ outcome: 'unavailable', cause: new Error('claim store switched off') });
  const store: InMemoryClaimStore = {
    leaseMs,
    isAvailable: true,
    flush: () => {
      claims.clear();
      attempts.clear();
    },
    claim: async (keys) => keys.map((key) => (store.isAvailable ? claimOne(key) : away())),
    renew: async (given) => (store.isAvailable ? given.filter((claim) => !renewOne(claim)) : []),
    confirm: async (given) => {
      if (store.isAvailable) given.forEach(confirmOne);
    },
    release: async (given, fate = 'counted') => {
      if (store.isAvailable) for (const claim of given) releaseOne(claim, fate);
    },
    forgetAttempts: async (keys) => {
      if (store.isAvailable) for (const key of keys) attempts.delete(nameOf(key));
    },
  };
  return store;
}

function nameOf({ group, source, id }: DedupKey): string {
  return JSON.stringify([group, source, id]);
}
