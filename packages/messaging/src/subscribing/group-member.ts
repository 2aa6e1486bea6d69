import { isEventError } from '@throughline/events';
import type { Logger } from '@throughline/telemetry';
import type { Clock } from '../clock.ts';
import type { ConsumeOptions, ConsumerState, MessagingDriver, RecordConsumer } from '../messaging-driver.ts';
import type { ParkedKeysRunner } from '../parked-keys/run-parked-keys.ts';
import { followTopics, type TopicFollower } from './follow-topics.ts';
import { type ResolvedTopics, requireDeadLetterPartitions, resolveTopics } from './resolve-topics.ts';
import type { Subscription } from './subscription.ts';

export interface GroupMemberOptions {
  readonly subscription: Subscription<never>;
  readonly driver: MessagingDriver;
  readonly consume: Omit<ConsumeOptions, 'topics' | 'group'>;
  /** Begins to look after blocked keys; undefined where their order is not kept. */
  readonly startParkedKeys: (() => ParkedKeysRunner) | undefined;
  readonly drainDeadlineMs: number;
  readonly topicRefreshMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const SUSPENDED: ConsumerState = {
  isJoined: false,
  inFlight: 0,
  pausedPartitions: 0,
  haltedPartitions: 0,
  queued: 0,
  finishedAhead: 0,
  lastProgressAtMs: 0,
  lag: undefined,
  dueLag: undefined,
};

/** A member of a group that can leave it and come back, and that reads topics which match its patterns as they appear. */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  #consumer: RecordConsumer | undefined;
  #parkedKeys: ParkedKeysRunner | undefined;
  #topics: ResolvedTopics = { source: [], own: [] };
  #isStopped = false;
  #follower: TopicFollower | undefined;
  /** Joining and leaving, one after the other. */
  #changes: Promise<void> = Promise.resolve();

  constructor(options: GroupMemberOptions) {
    this.#options = options;
  }

  get isSuspended(): boolean {
    return this.#consumer === undefined;
  }

  get topics(): ResolvedTopics {
    return this.#topics;
  }

  state(): ConsumerState {
    return this.#consumer?.state() ?? SUSPENDED;
  }

  wakeParkedKeys(): void {
    this.#parkedKeys?.wake();
  }

  /** Finds out what there is to read, without reading it. @throws as `requireDeadLetterPartitions`, and what the driver throws */
  async resolve(): Promise<void> {
    const { subscription, driver } = this.#options;
    this.#topics = await resolveTopics(subscription, driver);
    await requireDeadLetterPartitions(subscription.group, this.#topics.source, driver);
  }

  join(): Promise<void> {
    return this.#change(async () => {
      if (this.#consumer !== undefined || this.#isStopped) return;
      const { subscription, driver, consume, startParkedKeys } = this.#options;
      await this.resolve();
      this.#consumer = await driver.consume({ ...consume, group: subscription.group, topics: this.#all });
      this.#parkedKeys = startParkedKeys?.();
      this.#follower = this.#followTopics();
    });
  }

  leave(): Promise<void> {
    return this.#change(async () => {
      const consumer = this.#consumer;
      if (consumer === undefined) return;
      await this.#follower?.stop();
      this.#consumer = undefined;
      await Promise.all([consumer.stop(), this.#parkedKeys?.stop(this.#options.drainDeadlineMs)]);
      this.#parkedKeys = undefined;
    });
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    return this.leave();
  }

  get #all(): readonly string[] {
    return [...this.#topics.source, ...this.#topics.own];
  }

  #change(work: () => Promise<void>): Promise<void> {
    const mine = this.#changes.then(work);
    this.#changes = mine.catch(() => undefined);
    return mine;
  }

  #followTopics(): TopicFollower {
    const { subscription, driver, logger, topicRefreshMs } = this.#options;
    return followTopics({
      driver,
      wanted: subscription.topics,
      first: this.#topics.source,
      logger,
      refreshMs: topicRefreshMs,
      onChange: (topics) => this.#readNow(topics),
    });
  }

  async #readNow(topics: readonly string[]): Promise<void> {
    const { source } = this.#topics;
    const added = await this.#readable(topics.filter((topic) => !source.includes(topic)));
    const kept = source.filter((topic) => topics.includes(topic));
    if (added.length === 0 && kept.length === source.length) return;
    this.#topics = { ...this.#topics, source: [...kept, ...added] };
    await this.#consumer?.setTopics(this.#all);
  }

  /** A topic that is refused when a service starts must not be read because it was made later. */
  async #readable(topics: readonly string[]): Promise<string[]> {
    const { subscription, driver, logger } = this.#options;
    const readable: string[] = [];
    for (const topic of topics) {
      try {
        await requireDeadLetterPartitions(subscription.group, [topic], driver);
        readable.push(topic);
      } catch (error) {
        if (!isEventError(error) || error.code !== 'CONFIGURATION_REFUSED') throw error;
        logger.error({ err: error, topic }, `${subscription.group} does not read ${topic}`);
      }
    }
    return readable;
  }
}
