import { EventError, isEventError } from '@throughline/events';
import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import type { ClaimStore } from '../claim-store.ts';
import { classify, type Verdict } from '../classify.ts';
import { type Clock, waitFor } from '../clock.ts';
import type { Inbox } from '../inbox.ts';
import type { RecordProducer } from '../messaging-driver.ts';
import { withRetryHeaders } from '../retry-headers.ts';
import { delayToMs, type RetryPolicy } from '../retry-policy.ts';
import { retryDelayOf, retryTopic } from '../subscription-topics.ts';
import { forgetAttempts, takeBackAttempts } from './claim-event.ts';
import type { Concern, Deliver, Delivery, Outcome } from './delivery.ts';
import { describeError, toDeadLetter } from './to-dead-letter.ts';

export interface SettleFailureOptions {
  readonly group: string;
  readonly policy: RetryPolicy;
  readonly inbox: Pick<Inbox<never>, 'deadLetter' | 'countAttempt' | 'uncountAttempt' | 'isHandled'>;
  readonly claims: ClaimStore;
  readonly producer: () => Promise<RecordProducer>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** How long a write to a retry topic may take; when it fails the record keeps its place. */
const RETRY_SEND_TIMEOUT_MS = 10_000;

/** Longest wait between two tries in place: they hold a slot and, until they end, their partition's offset. */
const LONGEST_INLINE_DELAY_MS = 5_000;

interface Failure {
  readonly delivery: Delivery;
  readonly error: unknown;
  readonly verdict: Verdict;
  readonly firstFailedAtMs: number;
}

/**
 * What happens after a failure: tries in place, then the retry topics in rising order, then the dead letter. Only when one of these
 * writes is done does the record count as settled; otherwise the rejection passes, its offset stays and its tries are not counted.
 */
export function settleFailure(options: SettleFailureOptions): Concern {
  return (next) => async (delivery) => {
    delivery.attempt = delivery.history.attempts;
    try {
      return await settled(options, next, delivery);
    } catch (error) {
      await takeBackAttempts(options, delivery);
      throw error;
    }
  };
}

async function settled(options: SettleFailureOptions, next: Deliver, delivery: Delivery): Promise<Outcome> {
  let { firstFailedAtMs, lastError } = delivery.history;
  for (let tries = 1; ; tries += 1) {
    const failed = await failureOf(next, delivery);
    if (failed.outcome !== undefined) return failed.outcome;
    const verdict = classify(failed.cause);
    if (verdict.fate === 'systemic' || delivery.signal.aborted) throw failed.cause;
    firstFailedAtMs ??= options.clock.nowMs();
    const error = withLastError(failed.cause, lastError);
    const failure: Failure = { delivery, error, verdict, firstFailedAtMs };
    if (verdict.fate === 'dead-letter' || tries >= inlineTries(options, failure)) return settle(options, failure);
    lastError = summaryOf(error);
    await waitInline(options, failure, tries);
  }
}

/** That the tries are used up says nothing of why; the failure before it does. */
function withLastError(error: unknown, lastError: string | undefined): unknown {
  if (!isEventError(error) || error.code !== 'ATTEMPTS_EXHAUSTED' || !lastError) return error;
  return new EventError(error.code, `${error.message}; the last failure was ${lastError}`, { cause: error });
}

function summaryOf(error: unknown): string {
  const { class: name, message } = describeError(error);
  return `${name}: ${message}`;
}

async function failureOf(
  next: Deliver,
  delivery: Delivery,
): Promise<{ outcome: Outcome } | { outcome?: undefined; cause: unknown }> {
  try {
    return { outcome: await next(delivery) };
  } catch (cause) {
    return { cause };
  }
}

/** An unknown error gets its tries in place where it first happened, and one in each tier. */
function inlineTries({ group, policy }: SettleFailureOptions, { delivery, verdict }: Failure): number {
  const isInTier = retryDelayOf(group, delivery.record.topic) !== undefined;
  return verdict.fate === 'unknown' && isInTier ? 1 : policy.inlineTries;
}

async function waitInline(options: SettleFailureOptions, { delivery, error }: Failure, tries: number): Promise<void> {
  const ceiling = Math.min(LONGEST_INLINE_DELAY_MS, options.policy.inlineDelayMs * 2 ** (tries - 1));
  options.metrics.counter(METRICS.eventRetriesTotal).inc({ messaging_consumer_group_name: options.group, tier: 'inline' });
  options.logger.debug(
    { err: error, attempt: delivery.attempt },
    `Handling ${delivery.identity.type} failed, trying again in place`,
  );
  await waitFor(options.clock, options.random() * ceiling, delivery.signal);
}

function settle(options: SettleFailureOptions, failure: Failure): Promise<Outcome> {
  const delay = failure.verdict.fate === 'dead-letter' ? undefined : nextDelay(options, failure.delivery.record.topic);
  return delay === undefined ? deadLetter(options, failure) : retryLater(options, failure, delay);
}

/** By length, not by place in the list: a record from a delay that was removed since goes on with the next longer one. */
function nextDelay({ group, policy }: SettleFailureOptions, topic: string): string | undefined {
  const present = retryDelayOf(group, topic);
  const presentMs = present === undefined ? 0 : delayToMs(present);
  return policy.delays.find((delay) => delayToMs(delay) > presentMs);
}

async function retryLater(options: SettleFailureOptions, failure: Failure, delay: string): Promise<Outcome> {
  const { record, history, identity, attempt } = failure.delivery;
  const dueAtMs = options.clock.nowMs() + delayToMs(delay);
  const headers = withRetryHeaders(record, {
    ...history,
    attempts: attempt,
    firstFailedAtMs: failure.firstFailedAtMs,
    lastError: summaryOf(failure.error),
    dueAtMs,
  });
  const producer = await options.producer();
  const outgoing = { topic: retryTopic(options.group, delay), key: record.key, value: record.value, headers };
  await producer.send([outgoing], { timeoutMs: RETRY_SEND_TIMEOUT_MS });
  options.metrics.counter(METRICS.eventRetriesTotal).inc({ messaging_consumer_group_name: options.group, tier: delay });
  options.logger.warn({ err: failure.error, attempt, delay }, `Handling ${identity.type} failed, it is tried again in ${delay}`);
  return 'retried';
}

async function deadLetter(options: SettleFailureOptions, failure: Failure): Promise<Outcome> {
  const { delivery, error, verdict, firstFailedAtMs } = failure;
  const reason = verdict.reason === 'handler' && verdict.fate !== 'dead-letter' ? 'attempts' : verdict.reason;
  await options.inbox.deadLetter(
    toDeadLetter({ delivery, error, reason, firstFailedAtMs, lastFailedAtMs: options.clock.nowMs() }),
  );
  await forgetAttempts(options.claims, delivery.identity);
  options.metrics.counter(METRICS.eventDeadLettersTotal).inc({ messaging_consumer_group_name: options.group, reason });
  options.logger.error(
    { err: error, reason, attempts: delivery.attempt },
    `${delivery.identity.type ?? 'A record'} is a dead letter`,
  );
  return 'dead-lettered';
}
