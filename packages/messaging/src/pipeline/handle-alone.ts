import { EventError, isEventError } from '@throughline/events';
import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import type { ClaimStore } from '../claim-store.ts';
import { type Clock, waitFor } from '../clock.ts';
import type { Inbox } from '../inbox.ts';
import type { Verdict } from '../retries/classify.ts';
import type { RetryPolicy } from '../retries/retry-policy.ts';
import { retryDelayOf } from '../subscribing/subscription-topics.ts';
import type { Chunk } from './chunk.ts';
import type { Delivery, FailedTry, Kept, Leaver, Settled } from './delivery.ts';
import { takeBackAttempts } from './held-claims.ts';
import type { Judge } from './judge-failure.ts';
import { inTraceOf } from './run-handlers.ts';
import type { Failure, Settle } from './settle-failure.ts';
import { summaryOf } from './to-dead-letter.ts';
import { type TryFailed, type TryOnceOptions, tryOnce } from './try-once.ts';
import type { Turns } from './turns.ts';

export interface HandleAloneOptions<Tx> extends TryOnceOptions<Tx> {
  readonly group: string;
  readonly policy: RetryPolicy;
  readonly inbox: Inbox<Tx>;
  readonly claims: ClaimStore;
  readonly judge: Judge;
  readonly settle: Settle;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Longest wait between two tries in place: they hold a slot and, until they end, their partition's offset. */
const LONGEST_INLINE_DELAY_MS = 5_000;

/**
 * One delivery in transactions of its own: tries in place, then where failed events of the group go. Only when it is written there does the record count as
 * settled; otherwise it keeps its place, and its tries are not counted. Turns are taken for each try and not for the waits between them.
 */
export async function handleAlone<Tx>(
  options: HandleAloneOptions<Tx>,
  chunk: Chunk,
  { leaver, turns }: { leaver: Leaver; turns: Turns },
): Promise<Settled | Kept> {
  const { delivery } = leaver;
  return inTraceOf(delivery, async () => {
    const result = await triedOut(options, chunk, { leaver, turns }).catch(
      (error: unknown): Kept => ({ outcome: 'kept', error }),
    );
    if (result.outcome === 'kept') await takeBackAttempts(options, delivery);
    return result;
  });
}

async function triedOut<Tx>(
  options: HandleAloneOptions<Tx>,
  chunk: Chunk,
  { leaver, turns }: { leaver: Leaver; turns: Turns },
): Promise<Settled | Kept> {
  const { delivery } = leaver;
  let { firstFailedAtMs, lastError } = delivery.history;
  let failed = leaver.failed;
  for (let tries = 1; ; tries += 1) {
    if (failed === undefined) {
      const result = await takeTurn(options, chunk, { delivery, turns });
      if (result.outcome !== 'failed') return result;
      failed = { error: result.error, verdict: options.judge(result.error, delivery.record) };
    }
    if (isNobodysFault(failed, chunk)) return { outcome: 'kept', error: failed.error };
    firstFailedAtMs ??= options.clock.nowMs();
    const verdict = verdictOfLast(options, { delivery, verdict: failed.verdict });
    const failure: Failure = { delivery, error: withLastError(failed.error, lastError), verdict, firstFailedAtMs };
    if (verdict.fate === 'dead-letter' || tries >= inlineTries(options, failure)) return options.settle(failure);
    lastError = summaryOf(failure.error);
    await waitInline(options, failure, { tries, signal: chunk.signal });
    failed = undefined;
  }
}

/** What failed shortly before something was found to be away fell to the same, as far as anybody knows. */
function isNobodysFault({ verdict: { fate } }: FailedTry, { signal, stopped }: Chunk): boolean {
  return fate === 'systemic' || signal.aborted || (stopped !== undefined && fate !== 'dead-letter');
}

/** A suspect is tried while nothing else of this member is in work. */
async function takeTurn<Tx>(
  options: HandleAloneOptions<Tx>,
  chunk: Chunk,
  { delivery, turns }: { delivery: Delivery; turns: Turns },
): Promise<Settled | Kept | TryFailed> {
  const { quarantine } = chunk;
  for (;;) {
    const separate = delivery.isSuspect ? quarantine.alone : quarantine.together;
    const result = await turns.take(() => separate(() => tryOnce(options, chunk, delivery)));
    if (result.outcome !== 'suspect') return result;
  }
}

/** That the tries are used up says nothing of why; the failure before it does. */
export function withLastError(error: unknown, lastError: string | undefined): unknown {
  if (!isEventError(error) || error.code !== 'ATTEMPTS_EXHAUSTED' || !lastError) return error;
  return new EventError(error.code, `${error.message}; the last failure was ${lastError}`, { cause: error });
}

/** The try that equals the limit is the last one wherever it is: tries that ended with their process may have used up those of later tiers. */
function verdictOfLast<Tx>(
  { maxAttempts }: HandleAloneOptions<Tx>,
  { delivery, verdict }: { readonly delivery: Delivery; readonly verdict: Verdict },
): Verdict {
  if (verdict.fate === 'dead-letter' || delivery.attempt < maxAttempts) return verdict;
  return { fate: 'dead-letter', reason: verdict.reason === 'handler' ? 'attempts' : verdict.reason };
}

/** An unknown error gets its tries in place where it first happened, and one in each tier. */
function inlineTries<Tx>({ group, policy }: HandleAloneOptions<Tx>, { delivery, verdict }: Failure): number {
  const isInTier = retryDelayOf(group, delivery.record.topic) !== undefined;
  return verdict.fate === 'unknown' && isInTier ? 1 : policy.inlineTries;
}

async function waitInline<Tx>(
  options: HandleAloneOptions<Tx>,
  { delivery, error }: Failure,
  { tries, signal }: { tries: number; signal: AbortSignal },
): Promise<void> {
  const ceiling = Math.min(LONGEST_INLINE_DELAY_MS, options.policy.inlineDelayMs * 2 ** (tries - 1));
  options.metrics.counter(METRICS.eventRetriesTotal).inc({ messaging_consumer_group_name: options.group, tier: 'inline' });
  options.logger.debug({ err: error, attempt: delivery.attempt }, `Handling ${delivery.key.type} failed, trying again in place`);
  await waitFor(options.clock, options.random() * ceiling, signal);
}
