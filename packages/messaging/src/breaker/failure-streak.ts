import type { Clock } from '../clock.ts';
import type { BreakerPolicy } from './breaker-policy.ts';

/** How long nothing may have gone well. Shorter, and a chunk with much poison in it, which leaves one by one, would look like an outage. */
const LEAST_STREAK_MS = 500;

interface Streak {
  readonly startedAtMs: number;
  readonly keys: Set<string>;
}

/**
 * Failures with no success between them, by dependency. After a time in which all went well the rate of failures rises slowly, and events would use up
 * their tries meanwhile; that nothing at all goes well any more shows sooner.
 */
export class FailureStreak {
  readonly #policy: BreakerPolicy;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #streaks = new Map<string, Streak>();

  constructor(policy: BreakerPolicy, clock: Pick<Clock, 'nowMs'>) {
    this.#policy = policy;
    this.#clock = clock;
  }

  broken(): void {
    this.#streaks.clear();
  }

  /** @returns whether as many different keys failed, one after the other, as it takes, and for long enough */
  failed(dependency: string, key: string): boolean {
    const { minFailedKeys, windowMs } = this.#policy;
    const nowMs = this.#clock.nowMs();
    let streak = this.#streaks.get(dependency);
    if (streak === undefined || nowMs - streak.startedAtMs > windowMs) {
      streak = { startedAtMs: nowMs, keys: new Set() };
      this.#streaks.set(dependency, streak);
    }
    if (streak.keys.size < minFailedKeys) streak.keys.add(key);
    return streak.keys.size >= minFailedKeys && nowMs - streak.startedAtMs >= LEAST_STREAK_MS;
  }
}
