import { EventError } from '@throughline/events';
import type { Logger, Metrics } from '@throughline/telemetry';
import { checkSafety } from './check-safety.ts';
import type { ClaimStore } from './claim-store.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Inbox } from './inbox.ts';
import type { ConsumerState, MessagingDriver, RecordProducer } from './messaging-driver.ts';
import { createPipeline } from './pipeline/create-pipeline.ts';
import { readDueAtMs } from './retry-headers.ts';
import { completeRetryPolicy, delayToMs, type RetryPolicy } from './retry-policy.ts';
import type { Subscription } from './subscription.ts';
import { deadLetterTopic, retryDelayOf, retryTopic } from './subscription-topics.ts';
import { watchConsumer } from './watch-consumer.ts';

export interface SubscribeOptions<Tx> {
  readonly subscription: Subscription<Tx>;
  readonly driver: MessagingDriver;
  readonly inbox: Inbox<Tx>;
  readonly claims: ClaimStore;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Writes to retry topics. (Default: one of its own, made at the first retry and closed at stop) */
  readonly producer?: RecordProducer;
  readonly clock?: Clock;
  /** In [0, 1); for jitter. (Default: Math.random) */
  readonly random?: () => number;
  /** How soon the group notices a member that died; its partitions stand still until then. (Default: 10 000) */
  readonly sessionTimeoutMs?: number;
  /** (Default: 60 000) */
  readonly rebalanceTimeoutMs?: number;
  /** (Default: 20 000) */
  readonly drainDeadlineMs?: number;
  /** With records that are due, none in work and none done for this long, the subscription is not live. (Default: 60 000) */
  readonly progressTimeoutMs?: number;
  /** (Default: a third of the claim store's lease) */
  readonly leaseRenewalMs?: number;
  /** Records of one partition in memory. (Default: 1000) */
  readonly maxUncommitted?: number;
  /** Bytes of one partition in memory. (Default: 16 MiB) */
  readonly maxUncommittedBytes?: number;
  /** Bytes of all partitions in memory. (Default: 64 MiB) */
  readonly maxMemberBytes?: number;
}

/** A consumer group's member at work. */
export interface RunningSubscription {
  state(): ConsumerState;
  /** Progress, not heartbeats: false when records are due, none is in work, and none was done for a while. */
  isLive(): boolean;
  /** Takes no new work, lets work in flight end, commits, leaves the group. */
  stop(): Promise<void>;
}

const DEFAULTS = {
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  drainDeadlineMs: 20_000,
  progressTimeoutMs: 60_000,
  handlerTimeoutMs: 15_000,
};

/**
 * Joins the group and handles its events: identity ▸ span ▸ types without handler ▸ contract ▸ claim ▸ one transaction with the handler ▸ confirm,
 * and on failure tries in place ▸ `<group>.retry.<delay>` ▸ dead letter. Retry topics that exist for a delay that was removed are read on.
 *
 * @throws {EventError} `CONFIGURATION_REFUSED` for settings that contradict each other, a handler without contract, or a dead-letter topic with fewer partitions than a topic that is read; `TOPIC_MISSING`, `SEND_FAILED` from the driver
 */
export async function subscribe<Tx>(options: SubscribeOptions<Tx>): Promise<RunningSubscription> {
  const { subscription, driver, metrics } = options;
  const policy = completeRetryPolicy(subscription.retry);
  const settings = { ...DEFAULTS, ...definedOf(options, subscription) };
  const leaseRenewalMs = options.leaseRenewalMs ?? Math.floor(options.claims.leaseMs / 3);
  checkSafety({ ...settings, leaseMs: options.claims.leaseMs, leaseRenewalMs });
  requireContracts(subscription);
  await requireDeadLetterPartitions(subscription, driver);

  const clock = options.clock ?? systemClock;
  const retries = createRetryProducer(options);
  const pipeline = createPipeline({
    ...options,
    policy,
    clock,
    logger: options.logger.child({ group: subscription.group }),
    random: options.random ?? Math.random,
    producer: retries.get,
    handlerTimeoutMs: settings.handlerTimeoutMs,
    renewEveryMs: leaseRenewalMs,
  });
  const consumer = await driver.consume({
    group: subscription.group,
    topics: await topicsOf(subscription, policy, driver),
    handle: async (record, signal) => void (await pipeline(record, signal)),
    dueAtMs: (record) => readDueAtMs(subscription.group, record),
    sessionTimeoutMs: settings.sessionTimeoutMs,
    rebalanceTimeoutMs: settings.rebalanceTimeoutMs,
    drainDeadlineMs: settings.drainDeadlineMs,
    ...(subscription.concurrency !== undefined && { concurrency: subscription.concurrency }),
    ...(options.maxUncommitted !== undefined && { maxUncommitted: options.maxUncommitted }),
    ...(options.maxUncommittedBytes !== undefined && { maxUncommittedBytes: options.maxUncommittedBytes }),
    ...(options.maxMemberBytes !== undefined && { maxMemberBytes: options.maxMemberBytes }),
  });
  const watch = watchConsumer({
    consumer,
    group: subscription.group,
    metrics,
    clock,
    progressTimeoutMs: settings.progressTimeoutMs,
  });
  return {
    state: () => consumer.state(),
    isLive: watch.isLive,
    stop: async () => {
      await consumer.stop();
      watch.stop();
      await retries.close();
    },
  };
}

function definedOf<Tx>(options: SubscribeOptions<Tx>, subscription: Subscription<Tx>): Partial<typeof DEFAULTS> {
  const { sessionTimeoutMs, rebalanceTimeoutMs, drainDeadlineMs, progressTimeoutMs } = options;
  const { handlerTimeoutMs } = subscription;
  const given = { sessionTimeoutMs, rebalanceTimeoutMs, drainDeadlineMs, progressTimeoutMs, handlerTimeoutMs };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** A handler is promised data that follows a contract, so there has to be one. */
function requireContracts<Tx>({ group, handlers, contracts }: Subscription<Tx>): void {
  const without = Object.keys(handlers).filter((type) => contracts.newest(type) === undefined);
  if (without.length > 0) {
    throw new EventError('CONFIGURATION_REFUSED', `${group} handles ${without.join(', ')}, for which contracts has no contract`);
  }
}

async function requireDeadLetterPartitions<Tx>({ group, topics }: Subscription<Tx>, driver: MessagingDriver): Promise<void> {
  const own = deadLetterTopic(group);
  const partitions = await driver.partitionCount(own);
  for (const topic of topics) {
    const needed = await driver.partitionCount(topic);
    if (partitions >= needed) continue;
    const counts = `${own} has ${partitions} partitions and ${topic} has ${needed}`;
    throw new EventError(
      'CONFIGURATION_REFUSED',
      `${counts}: a dead-letter topic must not have fewer than the topics its group reads`,
    );
  }
}

async function topicsOf<Tx>(subscription: Subscription<Tx>, { delays }: RetryPolicy, driver: MessagingDriver): Promise<string[]> {
  const { group, topics } = subscription;
  const former = (await driver.listTopics()).filter((topic) => isRetryTopic(group, topic));
  return [...new Set([...topics, ...delays.map((delay) => retryTopic(group, delay)), ...former])];
}

function isRetryTopic(group: string, topic: string): boolean {
  const delay = retryDelayOf(group, topic);
  if (delay === undefined) return false;
  try {
    return delayToMs(delay) > 0;
  } catch {
    return false;
  }
}

function createRetryProducer<Tx>({ producer, driver, subscription }: SubscribeOptions<Tx>) {
  let own: Promise<RecordProducer> | undefined;
  return {
    get: (): Promise<RecordProducer> => {
      if (producer !== undefined) return Promise.resolve(producer);
      own ??= driver.createProducer({ name: `${subscription.group}.retry` });
      return own;
    },
    close: async (): Promise<void> => {
      await (await own)?.close();
    },
  };
}
