import {
  type ConsumeOptions,
  type ConsumerState,
  createRecordScheduler,
  type RecordConsumer,
  type RecordScheduler,
} from '@throughline/messaging';
import type { Logger } from '@throughline/telemetry';
import type { Consumer, ConsumerGroupJoinEvent, Kafka } from 'kafkajs';
import { Assignment } from './assignment.ts';
import { toConsumerState } from './consumer-state.ts';
import { FetchControl } from './fetch-control.ts';
import { OffsetCommitter } from './offset-committer.ts';
import { createSubscribedAssigner } from './subscribed-assigner.ts';
import { toEventError } from './to-event-error.ts';
import type { TopicAdmin } from './topic-admin.ts';
import { withinDeadline } from './within-deadline.ts';

export interface KafkaRecordConsumerOptions {
  readonly createClient: () => Kafka;
  readonly admin: TopicAdmin;
  readonly logger: Logger;
  readonly options: ConsumeOptions;
}

/** A fetch waits this long for data, and so does a resumed partition for its first fetch. */
const FETCH_WAIT_MS = 200;
const HEARTBEAT_MS = 1000;
const DEFAULT_REBALANCE_TIMEOUT_MS = 60_000;
const LEAVE_TIMEOUT_MS = 10_000;
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
  #consumer: Consumer | undefined;
  #memberId: string | undefined;
  #isJoined = false;
  #restarts = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #watchTimer: NodeJS.Timeout | undefined;
  #lastSignAtMs = Date.now();
  #stopping: Promise<void> | undefined;

  constructor(deps: KafkaRecordConsumerOptions) {
    const { group, handle, dueAtMs, concurrency = 32, commitIntervalMs = 250, maxUncommitted = 1000 } = deps.options;
    this.#deps = deps;
    this.#options = deps.options;
    const logger = deps.logger.child({ group });
    this.#logger = logger;
    this.#scheduler = createRecordScheduler({
      handle,
      dueAtMs,
      concurrency,
      onChange: ({ topic, partition }) => this.#fetch.adjust(this.#assignment.get(topic, partition)),
      onRejected: ({ topic, partition, offset }, err, delayMs) =>
        logger.warn(
          { topic, partition, offset: String(offset), err, delayMs },
          'Record not handled, its offset stays; trying again',
        ),
    });
    this.#assignment = new Assignment(this.#scheduler);
    const assignment = this.#assignment;
    this.#committer = new OffsetCommitter({ assignment, intervalMs: commitIntervalMs, logger });
    this.#fetch = new FetchControl({ group, assignment, committer: this.#committer, admin: deps.admin, maxUncommitted, logger });
  }

  /** Resolves when the member has joined its group, or goes on trying to. @throws {EventError} `TOPIC_MISSING`, `SEND_FAILED` when the first connection fails */
  async start(): Promise<void> {
    try {
      await this.#deps.admin.requireTopics(this.#options.topics);
      await this.#open();
    } catch (error) {
      await this.#consumer?.disconnect().catch(() => undefined);
      throw toEventError(error, `joining the group ${this.#options.group}`);
    }
    this.#committer.start();
    this.#watchTimer = setInterval(() => this.#guarded(() => this.#watch()), WATCH_INTERVAL_MS);
    this.#watchTimer.unref();
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
    const isDrained = await this.#scheduler.drain(this.#options.drainDeadlineMs ?? 20_000);
    if (!isDrained) this.#logger.warn({ inFlight: this.#scheduler.inFlight }, 'Work in flight was aborted at the drain deadline');
    await withinDeadline(this.#committer.flush(), LEAVE_TIMEOUT_MS, 'committing').catch(() => undefined);
    this.#isJoined = false;
    const left = this.#consumer?.disconnect() ?? Promise.resolve();
    await withinDeadline(left, LEAVE_TIMEOUT_MS, 'leaving the group').catch((error: unknown) =>
      this.#logger.warn({ err: error }, 'The group was not left in time; its coordinator notices by the session timeout'),
    );
    this.#fetch.left();
    this.#assignment.clear();
  }

  async #open(): Promise<void> {
    const { group, topics, sessionTimeoutMs = 30_000, rebalanceTimeoutMs = DEFAULT_REBALANCE_TIMEOUT_MS } = this.#options;
    const consumer = this.#deps.createClient().consumer({
      groupId: group,
      partitionAssigners: [createSubscribedAssigner(() => this.#assignment.byTopic())],
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      heartbeatInterval: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 3)),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      // kafkajs restarts itself only after some errors, and then with a stale state: every crash ends in #onCrash.
      retry: {
        retries: 5,
        initialRetryTime: 100,
        maxRetryTime: 2000,
        factor: 0.2,
        multiplier: 2,
        restartOnFailure: async () => false,
      },
    });
    this.#consumer = consumer;
    this.#noteSign();
    this.#listen(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: async (payload) => this.#heed(consumer, () => this.#fetch.take(payload)),
    });
  }

  #listen(consumer: Consumer): void {
    const { GROUP_JOIN, REBALANCING, END_BATCH_PROCESS, FETCH, CRASH } = consumer.events;
    consumer.on(GROUP_JOIN, (event) => this.#heed(consumer, () => this.#onJoin(consumer, event)));
    consumer.on(REBALANCING, () => this.#heed(consumer, () => this.#onRebalancing()));
    consumer.on(END_BATCH_PROCESS, ({ payload }) => this.#heed(consumer, () => this.#fetch.follow(payload)));
    consumer.on(FETCH, () => this.#heed(consumer, () => this.#noteSign()));
    consumer.on(CRASH, ({ payload }) => this.#heed(consumer, () => this.#onCrash(payload.error)));
  }

  /** One that was replaced may go on for a while. */
  #heed(consumer: Consumer, work: () => void): void {
    if (consumer === this.#consumer) this.#guarded(work);
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
    this.#restarts = 0;
    if (this.#stopping === undefined) this.#scheduler.resume();
    this.#logger.info({ memberId: payload.memberId, partitions: this.#assignment.all().length }, 'Joined the group');
  }

  /** kafkajs waits for ever in some states (a connection that went silent, a join that is never answered); then it is replaced. */
  #watch(): void {
    const consumer = this.#consumer;
    const rejoinMs = this.#isJoined ? 0 : (this.#options.rebalanceTimeoutMs ?? DEFAULT_REBALANCE_TIMEOUT_MS);
    const silentMs = Date.now() - this.#lastSignAtMs;
    if (consumer === undefined || silentMs < SILENCE_MS + rejoinMs) return;
    void consumer.disconnect().catch(() => undefined);
    this.#onCrash(new Error(`no sign of life for ${silentMs} ms`));
  }

  #onCrash(error: Error): void {
    if (this.#stopping !== undefined) return;
    this.#consumer = undefined;
    this.#memberId = undefined;
    this.#isJoined = false;
    this.#fetch.left();
    this.#committer.use(undefined);
    this.#assignment.clear();
    this.#scheduler.resume();
    const delayMs = Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** this.#restarts) * (0.5 + Math.random() / 2);
    this.#restarts = Math.min(this.#restarts + 1, 10);
    this.#logger.error({ err: error, delayMs }, 'Consumer crashed, starting it again');
    this.#restartTimer = setTimeout(() => void this.#reopen(), delayMs);
  }

  async #reopen(): Promise<void> {
    try {
      await this.#open();
      if (this.#stopping !== undefined) await this.#consumer?.disconnect();
    } catch (error) {
      const consumer = this.#consumer;
      await consumer?.disconnect().catch(() => undefined);
      if (consumer !== undefined && consumer === this.#consumer) this.#onCrash(toEventError(error, 'joining the group again'));
    }
  }
}
