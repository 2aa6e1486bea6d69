import { METRICS } from '@throughline/telemetry';
import type { InboxEntry } from '../inbox.ts';
import type { ParkedFailure, ParkingLot } from '../parking-lot.ts';
import { delayToMs, type RetryPolicy } from '../retries/retry-policy.ts';
import { type Failure, letterOf, type Settle, type SettleFailureOptions, tellDeadLetter } from './settle-failure.ts';
import { summaryOf } from './to-dead-letter.ts';

export interface ParkFailureOptions extends SettleFailureOptions {
  readonly parking: Pick<ParkingLot<never>, 'park'>;
  /** Called after an event was parked with a time to be tried at. */
  readonly onParked: () => void;
}

/** When a record comes again that found no room to wait in, milliseconds. */
export const PARKING_FULL_RETRY_MS = 1000;

/** Where the order of keys is kept: the event waits in the group's database, and those of its key behind it. One that cannot be helped is a dead letter, and its key waits for a person. */
export function createParkingSettlement(options: ParkFailureOptions): Settle {
  return async (failure) => {
    const parked = parkedFailure(options, failure, options.policy.delays[0]);
    const outcome = await options.parking.park(parkable(failure.delivery), parked);
    if (outcome === 'duplicate') return { outcome, noticedBy: 'inbox' };
    if (outcome === 'parking-full') return { outcome: 'kept', error: failure.error, retryAfterMs: PARKING_FULL_RETRY_MS };
    return tellParked(options, failure, parked);
  };
}

/** A record without a key has no order; it waits as if it alone had a key of its own. */
function parkable(entry: InboxEntry): InboxEntry {
  if (entry.parksBehind !== undefined) return entry;
  const { topic, partition, offset } = entry.original;
  return { ...entry, parksBehind: { topic, key: Buffer.from(`\0${partition}/${offset}`) } };
}

/** @param delay the next one, or undefined when there is none left */
export function parkedFailure(
  options: Pick<SettleFailureOptions, 'group' | 'clock'>,
  failure: Failure,
  delay: string | number | undefined,
): ParkedFailure {
  const { delivery, error, verdict, firstFailedAtMs } = failure;
  const common = { attempts: delivery.attempt, firstFailedAtMs, lastError: summaryOf(error) };
  if (delay === undefined || verdict.fate === 'dead-letter') {
    return { ...common, nextAttemptAtMs: undefined, letter: letterOf(options, failure) };
  }
  const delayMs = typeof delay === 'number' ? delay : delayToMs(delay);
  return { ...common, nextAttemptAtMs: options.clock.nowMs() + delayMs };
}

function tellParked(options: ParkFailureOptions, failure: Failure, { letter, lastError, attempts }: ParkedFailure) {
  if (letter !== undefined) {
    tellDeadLetter(options, failure, letter.reason);
    return { outcome: 'dead-lettered', detail: lastError } as const;
  }
  const { group, metrics, logger, onParked } = options;
  metrics.counter(METRICS.eventRetriesTotal).inc({ messaging_consumer_group_name: group, tier: 'parked' });
  logger.warn(
    { err: failure.error, attempt: attempts },
    `Handling ${failure.delivery.key.type} failed, its key waits until it is tried again`,
  );
  onParked();
  return { outcome: 'parked', detail: lastError } as const;
}

/** How long the head of a key waits after so many tries: as in place first, then the delays; undefined when there is none left. */
export function delayAfter(policy: RetryPolicy, attempts: number, random: () => number): number | undefined {
  if (attempts < policy.inlineTries) return random() * policy.inlineDelayMs * 2 ** Math.max(0, attempts - 1);
  const delay = policy.delays[attempts - policy.inlineTries];
  return delay === undefined ? undefined : delayToMs(delay);
}
