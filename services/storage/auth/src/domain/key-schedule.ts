/** When a signing key begins to sign. */
export interface KeyPeriod {
  readonly kid: string;
  /** Milliseconds since the epoch. */
  readonly activeFromMs: number;
}

/** How many keys may be published at once: a JWKS that verifiers fetch must stay small. */
export const MAX_PUBLISHED_KEYS = 16;

/** The key that signs now: the one that became active last. Undefined while none is active. */
export function signingKeyAt<Key extends KeyPeriod>(keys: readonly Key[], nowMs: number): Key | undefined {
  return byActivation(keys)
    .filter((key) => key.activeFromMs <= nowMs)
    .at(-1);
}

/**
 * Keys that verifiers must know: those to come, the one that signs, and those whose last token has not expired.
 * A key's last token is made when its successor becomes active and lives `tokenLifetimeMs` from there.
 */
export function publishedKeysAt<Key extends KeyPeriod>(
  keys: readonly Key[],
  { nowMs, tokenLifetimeMs }: { nowMs: number; tokenLifetimeMs: number },
): readonly Key[] {
  const ordered = byActivation(keys);
  return ordered.filter((_, index) => {
    const successor = ordered[index + 1];
    return successor === undefined || nowMs < successor.activeFromMs + tokenLifetimeMs + CLOCK_TOLERANCE_MS;
  });
}

/** When a key made now begins to sign: once no verifier can hold a key set without it, and after every key made before it. */
export function nextActivation(keys: readonly KeyPeriod[], { nowMs, delayMs }: { nowMs: number; delayMs: number }): number {
  const latest = byActivation(keys).at(-1);
  return latest === undefined ? nowMs : Math.max(nowMs + delayMs, latest.activeFromMs + 1);
}

/** Replicas and verifiers may differ by this much. */
const CLOCK_TOLERANCE_MS = 60_000;

function byActivation<Key extends KeyPeriod>(keys: readonly Key[]): readonly Key[] {
  return keys.toSorted((left, right) => left.activeFromMs - right.activeFromMs);
}
