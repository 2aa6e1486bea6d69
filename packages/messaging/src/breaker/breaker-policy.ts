/** When a group stops to blame events and waits for what its handlers depend on. */
export interface BreakerPolicy {
  /** Different keys that failed within the window before it opens. (Default: 20) */
  readonly minFailedKeys: number;
  /** Part of the tries within the window that failed, above 0 and at most 1. (Default: 0.5) */
  readonly minFailureRate: number;
  /** Milliseconds. (Default: 10 000) */
  readonly windowMs: number;
}

export const DEFAULT_BREAKER_POLICY: BreakerPolicy = { minFailedKeys: 20, minFailureRate: 0.5, windowMs: 10_000 };
