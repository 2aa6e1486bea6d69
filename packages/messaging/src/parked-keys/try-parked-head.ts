import { EventError } from '@throughline/events';
import { METRICS, type Metrics } from '@throughline/telemetry';
import type { Clock } from '../clock.ts';
import type { ParkedHead, ParkingLot } from '../parking-lot.ts';
import type { Delivery } from '../pipeline/delivery.ts';
import { withLastError } from '../pipeline/handle-alone.ts';
import type { Judge } from '../pipeline/judge-failure.ts';
import { delayAfter, parkedFailure } from '../pipeline/park-failure.ts';
import type { Quarantine } from '../pipeline/quarantine.ts';
import type { DeliveryReader } from '../pipeline/read-delivery.ts';
import type { ChunkReport } from '../pipeline/report-deliveries.ts';
import { inTraceOf, type RunHandlers } from '../pipeline/run-handlers.ts';
import { type Failure, type SettleFailureOptions, tellDeadLetter } from '../pipeline/settle-failure.ts';
import { summaryOf } from '../pipeline/to-dead-letter.ts';
import { openDeliverySpan } from '../pipeline/trace-delivery.ts';
import type { RetryPolicy } from '../retries/retry-policy.ts';

export interface ParkedHeadOptions<Tx> extends Pick<SettleFailureOptions, 'group' | 'logger'> {
  readonly parking: ParkingLot<Tx>;
  readonly policy: RetryPolicy;
  readonly read: DeliveryReader;
  readonly prepare: (delivery: Delivery) => void;
  readonly runHandlers: RunHandlers<Tx>;
  readonly judge: Judge;
  readonly report: (topic: string, partition: number, records: number) => ChunkReport;
  readonly onHandled: () => void;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly quarantine: Quarantine;
  readonly leaseMs: number;
  readonly isPublishingSuppressed?: boolean | undefined;
}

/** `systemic`: a store is away; the head was given back. `next`: the head behind the one that was handled, already taken. */
export type HeadResult =
  | { readonly outcome: 'released'; readonly next: ParkedHead | undefined }
  | { readonly outcome: 'waits' | 'systemic' };

/** When a head comes again whose failure was not its fault, milliseconds. */
const GIVEN_BACK_MS = 1000;

/** One try of the first record of a blocked key, in the transaction that releases it. */
export async function tryParkedHead<Tx>(
  options: ParkedHeadOptions<Tx>,
  head: ParkedHead,
  signal: AbortSignal,
): Promise<HeadResult> {
  const { record } = head.entry;
  const delivery = options.read(record, signal, head.entry);
  delivery.attempt = head.attempts;
  delivery.span = openDeliverySpan(delivery);
  const report = options.report(record.topic, record.partition, 0);
  try {
    const separate = wasNeverEnded(head) ? options.quarantine.alone : options.quarantine.together;
    return await inTraceOf(delivery, () => separate(() => release(options, { head, delivery, report, signal })));
  } finally {
    report.tell();
  }
}

/**
 * Begun before, and no failure is known: it may be what kills the process. One that has failed is not kept apart, or each key that an outage left would hold up the whole member at each of its
 * tries; should it kill the process, those it takes along lose one try and are kept apart from then on.
 */
function wasNeverEnded({ attempts, lastError }: ParkedHead): boolean {
  return attempts > 1 && lastError === undefined;
}

interface HeadAtWork {
  readonly head: ParkedHead;
  readonly delivery: Delivery;
  readonly report: ChunkReport;
  readonly signal: AbortSignal;
}

async function release<Tx>(options: ParkedHeadOptions<Tx>, work: HeadAtWork): Promise<HeadResult> {
  const { head, delivery, report, signal } = work;
  try {
    requireTries(options, delivery);
    options.prepare(delivery);
    const { outcome, next } = await options.parking.release(
      head,
      (tx) => options.runHandlers(tx, [delivery], { signal, suspects: { from: 0, to: 0 } }),
      { leaseMs: options.leaseMs, isPublishingSuppressed: options.isPublishingSuppressed ?? false },
    );
    if (outcome === 'released') {
      options.onHandled();
      report.settled(delivery, { outcome: 'released' });
    } else delivery.span?.end({});
    return { outcome: 'released', next };
  } catch (error) {
    return await failed(options, work, error);
  }
}

/** Tries are counted when the head is taken: one that kills the process is counted too. */
function requireTries<Tx>({ policy }: ParkedHeadOptions<Tx>, { attempt, key }: Delivery): void {
  const tries = policy.inlineTries + policy.delays.length;
  if (attempt <= tries) return;
  throw new EventError('ATTEMPTS_EXHAUSTED', `${key.type} ${key.id} was begun ${tries} times and never finished`);
}

async function failed<Tx>(options: ParkedHeadOptions<Tx>, work: HeadAtWork, cause: unknown): Promise<HeadResult> {
  const { head, delivery, report, signal } = work;
  const verdict = options.judge(cause, delivery.record);
  report.kept(delivery, cause);
  if (verdict.fate === 'systemic' || signal.aborted) {
    // A lot that is away keeps the head taken until its lease is over.
    await options.parking.giveBack(head, options.clock.nowMs() + GIVEN_BACK_MS).catch(() => undefined);
    return { outcome: 'systemic' };
  }
  const error = withLastError(cause, head.lastError);
  const failure: Failure = { delivery, error, verdict, firstFailedAtMs: head.firstFailedAtMs ?? options.clock.nowMs() };
  const parked = parkedFailure(options, failure, delayAfter(options.policy, delivery.attempt, options.random));
  try {
    await options.parking.postpone(head, parked);
  } catch {
    return { outcome: 'systemic' };
  }
  tellFailed(options, work, { failure, isDead: parked.letter !== undefined });
  return { outcome: 'waits' };
}

function tellFailed<Tx>(
  options: ParkedHeadOptions<Tx>,
  { delivery, report, head }: HeadAtWork,
  { failure, isDead }: { failure: Failure; isDead: boolean },
): void {
  if (isDead) {
    tellDeadLetter(options, failure, failure.verdict.fate === 'dead-letter' ? failure.verdict.reason : 'attempts');
    report.settled(delivery, { outcome: 'dead-lettered', detail: summaryOf(failure.error) });
    return;
  }
  options.metrics.counter(METRICS.eventRetriesTotal).inc({ messaging_consumer_group_name: options.group, tier: 'parked' });
  options.logger.warn(
    { err: failure.error, attempt: delivery.attempt, waiting: head.waiting },
    `Handling ${delivery.key.type} failed again, its key goes on waiting`,
  );
}
