import {
  type ClaimStore,
  completeRetryPolicy,
  createBreaker,
  DEFAULT_BREAKER_POLICY,
  type Inbox,
  type ParkingLot,
  type PipelineOptions,
  type Subscription,
  systemClock,
} from '@throughline/messaging';
import type { ClaimedJob, Transaction } from '@throughline/postgres';
import type { ServiceRuntime } from '../run-service.ts';
import type { Tally } from './side-tally.ts';

export interface SidePipelineOptions {
  readonly runtime: Pick<ServiceRuntime, 'logger' | 'metrics'>;
  readonly inbox: Inbox<Transaction>;
  readonly parking: ParkingLot<Transaction>;
  readonly claims: ClaimStore;
}

const DEFAULT_HANDLER_TIMEOUT_MS = 15_000;

/** The subscription's own pipeline by default; forced one beside it, that knows nothing of what the group has handled. */
export function pipelineSettings(
  options: SidePipelineOptions,
  job: ClaimedJob,
  run: { readonly subscription: Subscription<Transaction>; readonly tally: Tally; readonly dedupGroup: string },
): Omit<PipelineOptions<Transaction>, 'producer'> {
  const { runtime, inbox, parking, claims } = options;
  const { subscription, tally, dedupGroup } = run;
  const breakerPolicy = { ...DEFAULT_BREAKER_POLICY, ...subscription.breaker };
  const logger = runtime.logger.child({ group: job.group, jobId: job.jobId });
  const shared = {
    claims,
    logger,
    metrics: runtime.metrics,
    clock: systemClock,
    random: Math.random,
    outcomes: tally.outcomes,
    breaker: createBreaker({ group: dedupGroup, policy: breakerPolicy, clock: systemClock, logger, metrics: runtime.metrics }),
    handlerTimeoutMs: subscription.handlerTimeoutMs ?? DEFAULT_HANDLER_TIMEOUT_MS,
    renewEveryMs: Math.floor(claims.leaseMs / 3),
  };
  if (job.parameters.isForced !== true)
    return { ...shared, subscription, inbox, parking, policy: completeRetryPolicy(subscription.retry) };
  return {
    ...shared,
    subscription: { ...subscription, order: 'none' as const },
    inbox: countingDeadLetters(inbox, tally),
    policy: completeRetryPolicy({ ...subscription.retry, delays: [] }),
    dedupGroup,
    isPublishingSuppressed: job.parameters.isPublishingAllowed !== true,
  };
}

/** A forced replay makes no dead letters: the live group handled the event, and may do so without fault. */
function countingDeadLetters(inbox: Inbox<Transaction>, tally: Tally): Inbox<Transaction> {
  return {
    ...inbox,
    deadLetter: async ({ eventId, error }) => tally.failed({ eventId, error: `${error.class}: ${error.message}` }),
  };
}
