import { EventError } from '@throughline/events';
import { completeRetryPolicy, type RetryPolicy } from './retry-policy.ts';

/** A queue's redelivery in the terms of queues. */
export interface QueuePolicy {
  /** Receives of an event after which it is a dead letter, 1 to 20; one that ended with its process counts. */
  readonly maxReceiveCount: number;
  /** Delay after the first receive that failed, whole milliseconds from 1. */
  readonly backoffMs: number;
  /** Each delay is so many times the one before, above 1. Not needed with fewer than three receives. */
  readonly backoffFactor: number;
}

const MAX_RECEIVES = 20;
/** How long the tries of an event are known without a claim: after a longer delay they would begin anew. */
const LONGEST_DELAY_MS = 24 * 60 * 60 * 1_000;

/**
 * The retry policy of a queue: one try a receive, and after the k-th failed one a delay of `backoffMs · backoffFactor^(k−1)`, each with a retry topic of its own; so many
 * that the last receive is the `maxReceiveCount`-th.
 * @throws {EventError} `CONFIGURATION_REFUSED` naming the settings that cannot be, also together
 *
 * @example
 * queueRetryPolicy({ maxReceiveCount: 4, backoffMs: 1_000, backoffFactor: 4 }) // { inlineTries: 1, inlineDelayMs: 1_000, delays: ['1s', '4s', '16s'] }
 */
export function queueRetryPolicy({ maxReceiveCount, backoffMs, backoffFactor }: QueuePolicy): RetryPolicy {
  const faults = [
    !isWholeWithin(maxReceiveCount, MAX_RECEIVES) &&
      `maxReceiveCount (${maxReceiveCount}) must be a whole number from 1 to ${MAX_RECEIVES}`,
    !isWholeWithin(backoffMs, LONGEST_DELAY_MS) &&
      `backoffMs (${backoffMs}) must be a whole number from 1 to ${LONGEST_DELAY_MS}`,
    !(Number.isFinite(backoffFactor) && backoffFactor > 1) && `backoffFactor (${backoffFactor}) must be above 1`,
  ].filter((fault) => fault !== false);
  if (faults.length > 0) throw refused(faults.join('; '));
  const delaysMs = Array.from({ length: maxReceiveCount - 1 }, (_, index) => Math.round(backoffMs * backoffFactor ** index));
  const longestMs = delaysMs.at(-1) ?? 0;
  if (longestMs > LONGEST_DELAY_MS) {
    throw refused(
      `maxReceiveCount (${maxReceiveCount}), backoffMs (${backoffMs}) and backoffFactor (${backoffFactor}) make a last delay of ${longestMs} ms; it must be at most ${LONGEST_DELAY_MS}: an event's tries are not known for longer`,
    );
  }
  return completeRetryPolicy({ inlineTries: 1, inlineDelayMs: backoffMs, delays: delaysMs.map(delayName) });
}

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** In the largest unit that says it exactly: 4000 → `4s`, 1500 → `1500ms`. */
function delayName(delayMs: number): string {
  const [unit, unitMs] = UNITS.find(([, ms]) => delayMs % ms === 0) ?? ['ms', 1];
  return `${delayMs / unitMs}${unit}`;
}

function isWholeWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

function refused(message: string): EventError {
  return new EventError('CONFIGURATION_REFUSED', message);
}
