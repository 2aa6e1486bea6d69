import { isEventError } from '@throughline/events';
import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import type { ClaimStore } from '../claim-store.ts';
import type { Clock } from '../clock.ts';
import type { DeadLetter, DeadLetterReason, Inbox } from '../inbox.ts';
import type { RecordProducer } from '../messaging-driver.ts';
import type { Verdict } from '../retries/classify.ts';
import { withRetryHeaders } from '../retries/retry-headers.ts';
import { delayToMs, type RetryPolicy } from '../retries/retry-policy.ts';
import { retryDelayOf, retryTopic } from '../subscribing/subscription-topics.ts';
import type { Delivery, Kept, Settled } from './delivery.ts';
import { summaryOf, toDeadLetter } from './to-dead-letter.ts';

export interface SettleFailureOptions {
  readonly group: string;
  readonly policy: RetryPolicy;
  readonly inbox: Pick<Inbox<never>, 'deadLetter'>;
  readonly claims: Pick<ClaimStore, 'forgetAttempts'>;
  readonly producer: () => Promise<RecordProducer>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** An event whose tries in place are used up, or cannot help. */
export interface Failure {
  readonly delivery: Delivery;
  readonly error: unknown;
  readonly verdict: Verdict;
  readonly firstFailedAtMs: number;
}

/** Where a failed event goes. Resolves when it is written there, so that its offset may be committed; rejects when it could not be. */
export type Settle = (failure: Failure) => Promise<Settled | Kept>;

/** How long a write to a retry topic may take; when it fails the record keeps its place. */
const RETRY_SEND_TIMEOUT_MS = 10_000;

/** Where keys have no order: the retry topics by rising delay, then the dead letter. */
export function createRetrySettlement(options: SettleFailureOptions): Settle {
  return async (failure) => {
    const delay = failure.verdict.fate === 'dead-letter' ? undefined : nextDelay(options, failure.delivery.record.topic);
    if (delay === undefined) return deadLetter(options, failure);
    return retryLater(options, failure, delay).catch((error: unknown) => {
      // A record that just fits into its own topic does not into a retry topic, with the headers it gets there: it would keep its place for ever.
      if (isRefused(error)) return deadLetter(options, failure);
      throw error;
    });
  };
}

function isRefused(error: unknown): boolean {
  return isEventError(error) && (error.code === 'RECORD_TOO_LARGE' || error.code === 'RECORD_REJECTED');
}

/** By length, not by place in the list: a record from a delay that was removed since goes on with the next longer one. */
function nextDelay({ group, policy }: SettleFailureOptions, topic: string): string | undefined {
  const present = retryDelayOf(group, topic);
  const presentMs = present === undefined ? 0 : delayToMs(present);
  return policy.delays.find((delay) => delayToMs(delay) > presentMs);
}

async function retryLater(options: SettleFailureOptions, failure: Failure, delay: string): Promise<Settled> {
  const { record, history, key, original, attempt } = failure.delivery;
  const dueAtMs = options.clock.nowMs() + delayToMs(delay);
  const lastError = summaryOf(failure.error);
  const headers = withRetryHeaders(record, {
    ...history,
    original,
    attempts: attempt,
    firstFailedAtMs: failure.firstFailedAtMs,
    lastError,
    dueAtMs,
  });
  const producer = await options.producer();
  const outgoing = { topic: retryTopic(options.group, delay), key: record.key, value: record.value, headers };
  await producer.send([outgoing], { timeoutMs: RETRY_SEND_TIMEOUT_MS });
  options.metrics.counter(METRICS.eventRetriesTotal).inc({ messaging_consumer_group_name: options.group, tier: delay });
  options.logger.warn({ err: failure.error, attempt, delay }, `Handling ${key.type} failed, it is tried again in ${delay}`);
  return { outcome: 'retried', detail: `${delay}: ${lastError}` };
}

async function deadLetter(options: SettleFailureOptions, failure: Failure): Promise<Settled> {
  const letter = letterOf(options, failure);
  await options.inbox.deadLetter(letter);
  await options.claims.forgetAttempts([failure.delivery.key]);
  tellDeadLetter(options, failure, letter.reason);
  return { outcome: 'dead-lettered', detail: summaryOf(failure.error) };
}

/** Tries that are used up are the reason, not what failed in the last of them. */
export function letterOf({ group, clock }: Pick<SettleFailureOptions, 'group' | 'clock'>, failure: Failure): DeadLetter {
  const { delivery, error, verdict, firstFailedAtMs } = failure;
  const reason = verdict.reason === 'handler' && verdict.fate !== 'dead-letter' ? 'attempts' : verdict.reason;
  return toDeadLetter({ group, delivery, error, reason, firstFailedAtMs, lastFailedAtMs: clock.nowMs() });
}

export function tellDeadLetter(
  { group, metrics, logger }: Pick<SettleFailureOptions, 'group' | 'metrics' | 'logger'>,
  { delivery, error }: Pick<Failure, 'delivery' | 'error'>,
  reason: DeadLetterReason,
): void {
  metrics.counter(METRICS.eventDeadLettersTotal).inc({ messaging_consumer_group_name: group, reason });
  logger.error({ err: error, reason, attempts: delivery.attempt }, `${delivery.key.type ?? 'A record'} is a dead letter`);
}
