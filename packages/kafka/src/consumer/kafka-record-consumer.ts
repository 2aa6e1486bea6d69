import { EventError } from '@throughline/events';
import {
  type ConsumeOptions,
  type ConsumerState,
  createRecordScheduler,
  type RecordConsumer,
  type RecordScheduler,
} from '@throughline/messaging';
import type { Logger } from '@throughline/telemetry';
import type { Consumer, ConsumerGroupJoinEvent } from 'kafkajs';
import type { KafkaClient } from '../client/create-client.ts';
import { isStartingUp } from '../is-starting-up.ts';
import { toEventError } from '../to-event-error.ts';
import type { TopicAdmin } from '../topic-admin.ts';
import { withinDeadline } from '../within-deadline.ts';
import { Assignment } from './assignment.ts';
import { toConsumerState } from './consumer-state.ts';
import { createConsumerBound } from './create-consumer-bound.ts';
import { createSteering } from './create-steering.ts';
import { FetchControl } from './fetch-control.ts';
import { FetchPace } from './fetch-pace.ts';
import { GroupMembership } from './group-membership.ts';
import { OffsetCommitter } from './offset-committer.ts';
import { createSubscribedAssigner } from './subscribed-assigner.ts';
import { SubscribedTopics } from './subscribed-topics.ts';

export interface KafkaRecordConsumerOptions {
  readonly createClient: () => KafkaClient;
  readonly admin: TopicAdmin;
  readonly logger: Logger;
  readonly options: ConsumeOptions;
}

const DEFAULT_REBALANCE_TIMEOUT_MS = 60_000;
const LAST_COMMIT_TIMEOUT_MS = 10_000;
const FIRST_RESTART_MS = 500;
const LONGEST_RESTART_MS = 30_000;
const WATCH_INTERVAL_MS = 1000;
/** kafkajs asks the brokers several times a second, also while all is paused. */
const SILENCE_MS = 20_000;

/** One member of a group. kafkajs fetches and keeps the membership; what is run, paused and committed is decided here (docs/adr/0003). */
export class KafkaRecordConsumer implements RecordConsumer {
  readonly #deps: KafkaRecordConsumerOptions;
  readonly #options: ConsumeOptions;
  readonly #logger: Logger;
  readonly #scheduler: RecordScheduler;
  readonly #assignment: Assignment;
  readonly #committer: OffsetCommitter;
  readonly #fetch: FetchControl;
  readonly #pace: FetchPace;
  readonly #topics: SubscribedTopics;
  readonly #rebalanceTimeoutMs: number;
  #membership: GroupMembership | undefined;
  #memberId: string | undefined;
  #isJoined = false;
  #restarts = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #watchTimer: NodeJS.Timeout | undefined;
  #lastSignAtMs = Date.now();
  #stopping: Promise<void> | undefined;

  constructor(deps: KafkaRecordConsumerOptions) {
    const { group, handle, dueAtMs, maxChunkRecords, concurrency = 8, commitIntervalMs = 250, lingerMs } = deps.options;
    this.#deps = deps;
    this.#options = deps.options;
    this.#rebalanceTimeoutMs = deps.options.rebalanceTimeoutMs ?? DEFAULT_REBALANCE_TIMEOUT_MS;
    const logger = deps.logger.child({ group });
    this.#logger = logger;
    this.#pace = new FetchPace(lingerMs);
    const { topics } = deps.options;
    this.#topics = new SubscribedTopics({ topics, admin: deps.admin, logger, onChange: () => this.#pace.wake() });
    this.#scheduler = createRecordScheduler({
      handle,
      dueAtMs,
      maxChunkRecords,
      concurrency,
      onChange: ({ topic, partition }) => this.#guarded(() => this.#fetch.adjust(this.#assignment.get(topic, partition))),
      onRejected: ({ topic, partition, offset }, err, facts) =>
        logger.warn(
          { topic, partition, offset: String(offset), err, ...facts },
          'Record not handled, its offset stays; trying again',
        ),
    });
    this.#assignment = new Assignment(this.#scheduler);
    const assignment = this.#assignment;
    this.#committer = new OffsetCommitter({ assignment, intervalMs: commitIntervalMs, logger });
    const bound = createConsumerBound(deps.options);
    const committer = this.#committer;
    const pace = this.#pace;
    this.#fetch = new FetchControl({ group, assignment, committer, admin: deps.admin, bound, pace, logger });
  }

  /** Resolves when the member has joined its group, or goes on trying to. @throws {EventError} `TOPIC_MISSING`, `SEND_FAILED` when the first connection fails */
  async start(): Promise<void> {
    try {
      await this.#deps.admin.requireTopics(this.#topics.declared);
      await this.#topics.choose(this.#topics.declared);
      await this.#open();
    } catch (error) {
      this.#topics.close();
      await this.#membership?.close().catch(() => undefined);
      throw toEventError(error, `joining the group ${this.#options.group}`);
    }
    if (this.#stopping !== undefined) return;
    this.#committer.start();
    this.#watchTimer = setInterval(() => this.#guarded(() => this.#watch()), WATCH_INTERVAL_MS);
    this.#watchTimer.unref();
  }

  /** @throws {EventError} `TOPIC_MISSING`, `SEND_FAILED`: then it reads what it read before */
  async setTopics(topics: readonly string[]): Promise<void> {
    await this.#deps.admin.requireTopics(topics);
    if (this.#stopping !== undefined) return;
    const { joined } = await this.#topics.choose(topics);
    await withinDeadline(joined, this.#rebalanceTimeoutMs, 'joining with other topics').catch(() => undefined);
  }

  state(): ConsumerState {
    return toConsumerState(this.#assignment.all(), this.#scheduler, this.#isJoined);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restartTimer);
    clearInterval(this.#watchTimer);
    this.#committer.stop();
    this.#guarded(() => this.#fetch.close());
    this.#topics.close();
    const isDrained = await this.#scheduler.drain(this.#options.drainDeadlineMs ?? 20_000);
    if (!isDrained) this.#logger.warn({ inFlight: this.#scheduler.inFlight }, 'Work in flight was aborted at the drain deadline');
    await withinDeadline(this.#committer.flush(), LAST_COMMIT_TIMEOUT_MS, 'committing').catch(() => undefined);
    this.#isJoined = false;
    await this.#membership
      ?.close()
      .catch((error: unknown) =>
        this.#logger.warn({ err: error }, 'The group was not left in time; its coordinator notices by the session timeout'),
      );
    this.#fetch.left();
    this.#assignment.clear();
  }

  async #open(): Promise<void> {
    if (this.#stopping !== undefined) throw new EventError('SHUTTING_DOWN', 'the consumer was stopped', { retryable: true });
    const membership: GroupMembership = new GroupMembership({
      client: this.#deps.createClient(),
      consume: this.#options,
      rebalanceTimeoutMs: this.#rebalanceTimeoutMs,
      assigner: createSubscribedAssigner(() => this.#assignment.byTopic()),
      steering: createSteering(this.#topics, this.#pace),
      take: (payload) => this.#heed(membership.consumer, () => this.#fetch.take(payload)),
    });
    this.#membership = membership;
    this.#noteSign();
    this.#listen(membership);
    await membership.join();
  }

  #listen(membership: GroupMembership): void {
    const { consumer } = membership;
    const { GROUP_JOIN, REBALANCING, END_BATCH_PROCESS, FETCH, CRASH } = consumer.events;
    consumer.on(GROUP_JOIN, (event) => this.#heed(consumer, () => this.#onJoin(consumer, event)));
    consumer.on(REBALANCING, () => this.#heed(consumer, () => this.#onRebalancing()));
    consumer.on(END_BATCH_PROCESS, ({ payload }) => this.#heed(consumer, () => this.#fetch.follow(payload)));
    consumer.on(FETCH, () => this.#heed(consumer, () => this.#noteSign()));
    consumer.on(CRASH, ({ payload }) => {
      membership.end();
      this.#heed(consumer, () => this.#onCrash(payload.error));
    });
  }

  /** One that was replaced may go on for a while. */
  #heed(consumer: Consumer, work: () => void): void {
    if (consumer === this.#membership?.consumer) this.#guarded(work);
  }

  #noteSign(): void {
    this.#lastSignAtMs = Date.now();
  }

  /** A throw would travel into kafkajs' fetch loop and restart all partitions at once. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#logger.error({ err: error }, 'Unexpected error in the consumer');
    }
  }

  /** The old generation's offsets count until this member joins again: they go out before its JoinGroup, on the same connection. */
  #onRebalancing(): void {
    this.#isJoined = false;
    this.#scheduler.hold();
    void this.#committer.commitNow();
  }

  #onJoin(consumer: Consumer, { payload }: ConsumerGroupJoinEvent): void {
    // A new id means that the group went on without us: somebody else may have handled what is in our queues.
    if (payload.memberId !== this.#memberId) this.#assignment.clear();
    this.#memberId = payload.memberId;
    this.#noteSign();
    this.#assignment.replace(payload.memberAssignment);
    this.#fetch.joined(consumer);
    this.#isJoined = true;
    this.#topics.joined();
    this.#restarts = 0;
    if (this.#stopping === undefined) this.#scheduler.resume();
    this.#logger.info({ memberId: payload.memberId, partitions: this.#assignment.all().length }, 'Joined the group');
  }

  /** kafkajs waits for ever in some states (a connection that went silent, a join that is never answered); then it is replaced. */
  #watch(): void {
    const membership = this.#membership;
    const rejoinMs = this.#isJoined ? 0 : this.#rebalanceTimeoutMs;
    const silentMs = Date.now() - this.#lastSignAtMs;
    if (membership === undefined || silentMs < SILENCE_MS + rejoinMs) return;
    void membership.close().catch(() => undefined);
    this.#onCrash(new Error(`no sign of life for ${silentMs} ms`));
  }

  #onCrash(error: Error): void {
    if (this.#stopping !== undefined) return;
    this.#membership = undefined;
    this.#memberId = undefined;
    this.#isJoined = false;
    this.#fetch.left();
    this.#committer.use(undefined);
    this.#assignment.clear();
    this.#scheduler.resume();
    const delayMs = Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** this.#restarts) * (0.5 + Math.random() / 2);
    this.#restarts = Math.min(this.#restarts + 1, 10);
    const level = isStartingUp(error) ? 'debug' : 'error';
    this.#logger[level]({ err: error, delayMs }, 'Consumer crashed, starting it again');
    this.#restartTimer = setTimeout(() => void this.#reopen(), delayMs);
  }

  async #reopen(): Promise<void> {
    try {
      await this.#topics.choose(this.#topics.declared);
      await this.#open();
    } catch (error) {
      const membership = this.#membership;
      await membership?.close().catch(() => undefined);
      if (membership === this.#membership) this.#onCrash(toEventError(error, 'joining the group again'));
    }
  }
}
