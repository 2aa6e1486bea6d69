import { EventError } from '@throughline/events';

/** How often and when a failed event is tried again, before it becomes a dead letter. */
export interface RetryPolicy {
  /** Tries in place, before the event leaves its partition. (Default: 3) */
  readonly inlineTries: number;
  /** Base of the exponential inline delay with full jitter, milliseconds. (Default: 100) */
  readonly inlineDelayMs: number;
  /** One topic `<group>.retry.<delay>` each, rising, e.g. `['5s', '1m', '10m']`; a unit of ms, s, m or h. (Default: ['5s', '1m', '10m']) */
  readonly delays: readonly string[];
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = { inlineTries: 3, inlineDelayMs: 100, delays: ['5s', '1m', '10m'] };

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `5s` → 5000. @throws {EventError} `CONFIGURATION_REFUSED` for anything else than a whole number with ms, s, m or h */
export function delayToMs(delay: string): number {
  const [, amount, unit] = /^([1-9]\d{0,8})(ms|s|m|h)$/.exec(delay) ?? [];
  const unitMs = UNIT_MS[unit ?? ''];
  if (amount === undefined || unitMs === undefined) {
    throw new EventError('CONFIGURATION_REFUSED', `retry.delays: '${delay}' is not a whole number with a unit of ms, s, m or h`);
  }
  return Number(amount) * unitMs;
}

/** Fills in defaults. @throws {EventError} `CONFIGURATION_REFUSED` naming what cannot be */
export function completeRetryPolicy(policy: Partial<RetryPolicy> | undefined): RetryPolicy {
  const complete = { ...DEFAULT_RETRY_POLICY, ...policy };
  if (!Number.isInteger(complete.inlineTries) || complete.inlineTries < 1) {
    throw new EventError('CONFIGURATION_REFUSED', `retry.inlineTries: ${complete.inlineTries} is not a whole number above 0`);
  }
  complete.delays.map(delayToMs).forEach((delayMs, index, all) => {
    const before = all[index - 1];
    if (before !== undefined && delayMs <= before) {
      throw new EventError('CONFIGURATION_REFUSED', `retry.delays must rise: ${complete.delays.join(', ')}`);
    }
  });
  return complete;
}

/** Claims of one event after which it is not handled any more, also when no failure was ever seen because it killed the process. */
export function maxAttempts(policy: RetryPolicy): number {
  return policy.inlineTries * (1 + policy.delays.length);
}
