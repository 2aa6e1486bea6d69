import { EventError } from '@throughline/events';
import type { Logger, Metrics } from '@throughline/telemetry';
import { createBreaker } from '../breaker/breaker.ts';
import { DEFAULT_BREAKER_POLICY } from '../breaker/breaker-policy.ts';
import type { ClaimStore } from '../claim-store.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Inbox } from '../inbox.ts';
import type { ConsumeOptions, ConsumerState, MessagingDriver, RecordProducer } from '../messaging-driver.ts';
import type { OutcomeSink } from '../outcomes/outcome.ts';
import { startParkedKeys } from '../parked-keys/start-parked-keys.ts';
import type { ParkingLot } from '../parking-lot.ts';
import { createPipeline, type PipelineOptions } from '../pipeline/create-pipeline.ts';
import { createQuarantine } from '../pipeline/quarantine.ts';
import type { ReplayLedger } from '../replay/replay-ledger.ts';
import { readDueAtMs } from '../retries/retry-headers.ts';
import { completeRetryPolicy } from '../retries/retry-policy.ts';
import { checkSafety } from './check-safety.ts';
import { checkSubscription } from './check-subscription.ts';
import { GroupMember } from './group-member.ts';
import type { Subscription } from './subscription.ts';
import { watchConsumer } from './watch-consumer.ts';

export interface SubscribeOptions<Tx> {
  readonly subscription: Subscription<Tx>;
  readonly driver: MessagingDriver;
  readonly inbox: Inbox<Tx>;
  readonly claims: ClaimStore;
  /** Where keys wait behind a failed event; required with `order: 'key'`. */
  readonly parking?: ParkingLot<Tx>;
  /** Told what became of events. (Default: nobody) */
  readonly outcomes?: OutcomeSink;
  /** Told of dead letters that were sent back and got handled. (Default: nobody) */
  readonly replays?: ReplayLedger;
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
  /** Records of one partition in memory, done ones behind one that is not included. (Default: 10 000) */
  readonly maxUncommitted?: number;
  /** Bytes of one partition in memory. (Default: 16 MiB) */
  readonly maxUncommittedBytes?: number;
  /** Bytes of all partitions in memory. (Default: 64 MiB) */
  readonly maxMemberBytes?: number;
  /** How often topics are looked for that match a pattern. (Default: 5000) */
  readonly topicRefreshMs?: number;
  /** Does not join before `resume`: the group is paused. (Default: false) */
  readonly startsSuspended?: boolean;
}

/** A consumer group's member at work. */
export interface RunningSubscription {
  readonly group: string;
  /** The declaration; handlers take transactions of whoever subscribed. */
  readonly subscription: Subscription<never>;
  state(): ConsumerState;
  /** Progress, not heartbeats: false when records are due, none is in work, and none was done for a while. */
  isLive(): boolean;
  /** All it reads now, its own topics for retries and replays too. */
  topics(): readonly string[];
  /** The same without its own. */
  sourceTopics(): readonly string[];
  isSuspended(): boolean;
  /** As `stop`, but it may come back. Nothing happens to one that has left. */
  suspend(): Promise<void>;
  /** Joins again. Nothing happens to one that is there, or was stopped. */
  resume(): Promise<void>;
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
const DEFAULT_TOPIC_REFRESH_MS = 5_000;
const DEFAULT_CONCURRENCY = 4;

/**
 * Joins the group and handles its events, in chunks that share a transaction: identity ▸ types without handler ▸ contract ▸ claim ▸ one transaction with the handlers ▸ confirm, and on
 * failure, each alone: tries in place ▸ `<group>.retry.<delay>`, or the parking lot where the order of keys is kept ▸ dead letter. Retry topics that exist for a delay that was removed are read on.
 *
 * @throws {EventError} `CONFIGURATION_REFUSED` for settings that contradict each other, a handler without contract, or a dead-letter topic with fewer partitions than a topic that is read; `TOPIC_MISSING`, `SEND_FAILED` from the driver
 */
export async function subscribe<Tx>(options: SubscribeOptions<Tx>): Promise<RunningSubscription> {
  const { subscription, driver, metrics, clock = systemClock } = options;
  const { group } = subscription;
  const settings = { ...DEFAULTS, ...definedOf(options, subscription) };
  const leaseRenewalMs = options.leaseRenewalMs ?? Math.floor(options.claims.leaseMs / 3);
  checkSubscription(subscription, { hasParkingLot: options.parking !== undefined });
  checkSafety({ ...settings, leaseMs: options.claims.leaseMs, leaseRenewalMs });
  await requireReleased(options);

  const retries = createRetryProducer(options);
  const logger = options.logger.child({ group });
  const pipelineOptions: PipelineOptions<Tx> = {
    ...options,
    policy: completeRetryPolicy(subscription.retry),
    breaker: createBreaker({ group, policy: { ...DEFAULT_BREAKER_POLICY, ...subscription.breaker }, clock, logger, metrics }),
    clock,
    logger,
    random: options.random ?? Math.random,
    producer: retries.get,
    handlerTimeoutMs: settings.handlerTimeoutMs,
    renewEveryMs: leaseRenewalMs,
    quarantine: createQuarantine(),
    onParked: () => member.wakeParkedKeys(),
  };
  const member: GroupMember = new GroupMember({
    subscription: subscription as Subscription<never>,
    driver,
    consume: consumeOptions(options, { ...settings, pipeline: createPipeline(pipelineOptions) }),
    startParkedKeys: parkedKeysOf(pipelineOptions),
    drainDeadlineMs: settings.drainDeadlineMs,
    topicRefreshMs: options.topicRefreshMs ?? DEFAULT_TOPIC_REFRESH_MS,
    clock,
    logger,
  });
  if (options.startsSuspended === true) await member.resolve();
  else await member.join();
  const { progressTimeoutMs } = settings;
  const watch = watchConsumer({ consumer: member, group, metrics, clock, progressTimeoutMs });
  return {
    group,
    subscription: subscription as Subscription<never>,
    state: () => member.state(),
    isLive: () => member.isSuspended || watch.isLive(),
    topics: () => [...member.topics.source, ...member.topics.own],
    sourceTopics: () => member.topics.source,
    isSuspended: () => member.isSuspended,
    suspend: () => member.leave(),
    resume: () => member.join(),
    stop: async () => {
      try {
        await member.stop();
      } finally {
        watch.stop();
        await retries.close();
      }
    },
  };
}

/** Nobody would look after them. */
async function requireReleased<Tx>({ subscription: { group, order }, parking }: SubscribeOptions<Tx>): Promise<void> {
  if (order === 'key' || parking === undefined) return;
  const { parkedRecords } = await parking.counts(group);
  if (parkedRecords === 0) return;
  const refusal = `order 'none' of ${group}: its parking lot still has ${parkedRecords} events from when it was 'key'; go back to that until they are released or discarded`;
  throw new EventError('CONFIGURATION_REFUSED', refusal);
}

function parkedKeysOf<Tx>(options: PipelineOptions<Tx>) {
  const { parking, subscription } = options;
  return parking === undefined || subscription.order !== 'key' ? undefined : () => startParkedKeys({ ...options, parking });
}

function consumeOptions<Tx>(
  { subscription, maxUncommitted, maxUncommittedBytes, maxMemberBytes }: SubscribeOptions<Tx>,
  { pipeline, ...settings }: typeof DEFAULTS & { readonly pipeline: ReturnType<typeof createPipeline> },
): Omit<ConsumeOptions, 'topics' | 'group'> {
  const { concurrency = DEFAULT_CONCURRENCY, lingerMs } = subscription;
  return {
    handle: pipeline.handle,
    maxChunkRecords: pipeline.maxChunkRecords,
    dueAtMs: (record) => readDueAtMs(subscription.group, record),
    sessionTimeoutMs: settings.sessionTimeoutMs,
    rebalanceTimeoutMs: settings.rebalanceTimeoutMs,
    drainDeadlineMs: settings.drainDeadlineMs,
    concurrency,
    ...(lingerMs !== undefined && { lingerMs }),
    ...(maxUncommitted !== undefined && { maxUncommitted }),
    ...(maxUncommittedBytes !== undefined && { maxUncommittedBytes }),
    ...(maxMemberBytes !== undefined && { maxMemberBytes }),
  };
}

function definedOf<Tx>(options: SubscribeOptions<Tx>, subscription: Subscription<Tx>): Partial<typeof DEFAULTS> {
  const { sessionTimeoutMs, rebalanceTimeoutMs, drainDeadlineMs, progressTimeoutMs } = options;
  const { handlerTimeoutMs } = subscription;
  const given = { sessionTimeoutMs, rebalanceTimeoutMs, drainDeadlineMs, progressTimeoutMs, handlerTimeoutMs };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function createRetryProducer<Tx>({ producer, driver, subscription }: SubscribeOptions<Tx>) {
  let own: Promise<RecordProducer> | undefined;
  return {
    get: (): Promise<RecordProducer> => {
      if (producer !== undefined) return Promise.resolve(producer);
      own ??= driver.createProducer({ name: `${subscription.group}.retry` }).catch((error: unknown) => {
        // The broker may be back when the next one asks.
        own = undefined;
        throw error;
      });
      return own;
    },
    close: async (): Promise<void> => {
      const producer = await own?.catch(() => undefined);
      await producer?.close();
    },
  };
}
