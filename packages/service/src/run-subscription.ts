import { EventError } from '@throughline/events';
import {
  type ClaimStore,
  type Inbox,
  type MessagingDriver,
  matchTopics,
  type OutcomeSink,
  type ParkingLot,
  type QueueMembers,
  type RunningSubscription,
  type Subscription,
  subscribe,
  subscriptionTopics,
  type TopicDeclaration,
} from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';
import type { Operations } from './operations/start-operations.ts';
import type { ServiceRuntime } from './run-service.ts';
import { type ConcurrencyBudget, checkRetention } from './subscription-limits.ts';
import { tellQueue } from './tell-queue.ts';

export interface RunSubscriptionOptions {
  readonly runtime: ServiceRuntime;
  readonly driver: MessagingDriver;
  readonly inbox: Inbox<Transaction>;
  readonly parking: ParkingLot<Transaction>;
  readonly claims: ClaimStore;
  readonly outcomes: OutcomeSink;
  readonly operations: Operations;
  /** Told what this member has in hand, where the group may be shown as a queue. */
  readonly queueMembers: QueueMembers;
  readonly budget: ConcurrencyBudget;
  readonly processedRetentionMs: number;
  /** Topics that the service itself writes to, and those of others that it knows. */
  readonly declared: readonly TopicDeclaration[];
  readonly ensureTopics: (topics: readonly TopicDeclaration[]) => Promise<void>;
}

/** Handlers that still run then are aborted; their events are delivered again. */
export const HANDLER_DRAIN_MS = 8_000;
/** The last commit and the leave take milliseconds; where no broker answers the group notices by the session timeout. */
const LEAVE_GROUP_MS = 4_000;

/** Declares the subscription's own topics, starts its consumer, and ties it to the service's readiness, liveness, stop and operations. */
export async function runSubscription(
  options: RunSubscriptionOptions,
  declared: Subscription<Transaction>,
): Promise<RunningSubscription> {
  const { runtime, driver, operations, processedRetentionMs, ensureTopics } = options;
  checkRetention(declared, { processedRetentionMs, declared: options.declared });
  const subscription = { ...declared, concurrency: options.budget.take(declared) };
  await ensureTopics(subscription.topics.filter((topic) => !/[*#]/.test(topic)).map((topic) => ({ topic })));
  const sources = await matchTopics(driver, subscription.topics);
  const counts = await Promise.all(sources.map((topic) => driver.partitionCount(topic)));
  await ensureTopics(subscriptionTopics(subscription, counts.length === 0 ? undefined : Math.max(...counts)));
  await requireNothingParked(options.parking, subscription);
  const running = await subscribe({
    subscription,
    driver,
    inbox: options.inbox,
    parking: options.parking,
    claims: options.claims,
    outcomes: options.outcomes,
    replays: operations.replays,
    startsSuspended: await operations.isStopped(subscription.group),
    logger: runtime.logger,
    metrics: runtime.metrics,
    drainDeadlineMs: HANDLER_DRAIN_MS,
  });
  if (subscription.order === 'none') tell(options, running);
  watch(runtime, subscription.group, running);
  operations.add({ subscription, running });
  return running;
}

/** Records that wait behind their key would wait for ever in a group that no longer keeps the order of keys. */
async function requireNothingParked(
  parking: ParkingLot<Transaction>,
  { group, order }: Pick<Subscription<Transaction>, 'group' | 'order'>,
): Promise<void> {
  if (order === 'key') return;
  const { parkedRecords } = await parking.counts(group);
  if (parkedRecords === 0) return;
  throw new EventError(
    'CONFIGURATION_REFUSED',
    `order ('none') of ${group} must stay 'key' until its ${parkedRecords} parked records are handled or discarded: nothing else releases them`,
  );
}

/** Goes on until the member has left its group. */
function tell({ runtime, queueMembers, operations }: RunSubscriptionOptions, running: RunningSubscription): void {
  const { group } = running;
  const telling = tellQueue({
    runtime,
    running,
    members: queueMembers,
    countDeadLetters: () => operations.countWaitingDeadLetters(group),
  });
  runtime.onStop(`queue figures ${group}`, () => telling.stop());
}

/** Joining once is enough to be ready: a rebalance of the group must not take a service out of traffic, nor must a pause that somebody wanted. */
function watch(runtime: ServiceRuntime, group: string, running: RunningSubscription): void {
  // Beside the requests under way: neither needs the other, and the platform's patience is short.
  runtime.onStop(`subscription ${group}`, () => running.stop(), {
    atMostMs: HANDLER_DRAIN_MS + LEAVE_GROUP_MS,
    beginsAtOnce: true,
  });
  let hasJoined = false;
  runtime.addReadiness(`subscription ${group}`, () => {
    hasJoined ||= running.state().isJoined || running.isSuspended();
    if (!hasJoined) throw new Error('has not joined its group yet');
  });
  runtime.addReadiness(
    `group ${group}`,
    () => {
      if (running.isSuspended()) throw new Error('paused on purpose');
    },
    { isRequired: false },
  );
  runtime.addLiveness(`subscription ${group}`, () => {
    if (!running.isLive()) throw new Error('makes no progress although records wait');
  });
}
