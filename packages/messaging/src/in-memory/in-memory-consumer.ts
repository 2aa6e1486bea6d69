import type { Clock } from '../clock.ts';
import type { ConsumeOptions, ConsumerState, RecordConsumer } from '../messaging-driver.ts';
import { createRecordScheduler } from '../scheduling/create-record-scheduler.ts';
import type { AssignedPartition, RecordScheduler } from '../scheduling/record-scheduler.ts';
import type { InMemoryLog } from './in-memory-log.ts';

export interface InMemoryConsumerOptions {
  readonly log: InMemoryLog;
  readonly options: ConsumeOptions;
  readonly clock: Clock;
  /** Called once the member has left. */
  readonly onLeave: (member: InMemoryConsumer) => void;
  /** Called when the member reads other topics from now on. */
  readonly onTopics: () => void;
}

/** One member of a group over the log in memory; commits as soon as it can. */
export class InMemoryConsumer implements RecordConsumer {
  readonly options: ConsumeOptions;
  readonly #log: InMemoryLog;
  readonly #onLeave: (member: InMemoryConsumer) => void;
  readonly #onTopics: () => void;
  readonly #scheduler: RecordScheduler;
  #owned: AssignedPartition[] = [];
  #topics: readonly string[];
  #stopping: Promise<void> | undefined;

  constructor({ log, options, clock, onLeave, onTopics }: InMemoryConsumerOptions) {
    this.options = options;
    this.#log = log;
    this.#onLeave = onLeave;
    this.#onTopics = onTopics;
    this.#topics = options.topics;
    this.#scheduler = createRecordScheduler({
      handle: options.handle,
      dueAtMs: options.dueAtMs,
      maxChunkRecords: options.maxChunkRecords,
      concurrency: options.concurrency ?? 8,
      clock,
      onChange: (partition) => this.#onChange(partition),
    });
  }

  get topics(): readonly string[] {
    return this.#topics;
  }

  async setTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#log.partitionsOf(topic);
    this.#topics = topics;
    if (!this.#isStopping) this.#onTopics();
  }

  /** Takes over a new assignment: what is still its own goes on, what is not is dropped. */
  assign(partitions: readonly { topic: string; partition: number }[]): void {
    const former = new Map(this.#owned.map((owned) => [`${owned.topic}/${owned.partition}`, owned]));
    this.#owned = partitions.map(({ topic, partition }) => {
      const key = `${topic}/${partition}`;
      const kept = former.get(key);
      former.delete(key);
      return kept ?? this.#add(topic, partition);
    });
    for (const lost of former.values()) lost.revoke();
    this.fetch();
  }

  /** Takes what is new in the log, up to the bound. */
  fetch(): void {
    for (const owned of this.#owned) this.#fetchPartition(owned);
  }

  state(): ConsumerState {
    return {
      isJoined: !this.#isStopping,
      inFlight: this.#scheduler.inFlight,
      queued: this.#scheduler.queued,
      finishedAhead: this.#owned.reduce((sum, { window }) => sum + window.size - window.unfinished, 0),
      pausedPartitions: this.#owned.filter((owned) => owned.isHeld || owned.window.size >= this.#bound).length,
      haltedPartitions: 0,
      lastProgressAtMs: this.#scheduler.lastProgressAtMs,
      lag: this.#lagOfAll(this.#owned),
      dueLag: this.#lagOfAll(this.#owned.filter(({ isHeld }) => !isHeld)),
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  get #isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  async #stop(): Promise<void> {
    await this.#scheduler.drain(this.options.drainDeadlineMs ?? 20_000);
    for (const owned of this.#owned) owned.revoke();
    this.#owned = [];
    this.#onLeave(this);
  }

  get #bound(): number {
    return this.options.maxUncommitted ?? 10_000;
  }

  #add(topic: string, partition: number): AssignedPartition {
    const assigned = this.#scheduler.assign(topic, partition);
    assigned.window.startAt(this.#log.committed(this.options.group, topic, partition) ?? 0n);
    return assigned;
  }

  #fetchPartition(owned: AssignedPartition): void {
    const room = this.#bound - owned.window.size;
    if (this.#isStopping || owned.isHeld || room <= 0) return;
    const next = Number(owned.window.next ?? 0n);
    const records = this.#log.partitionsOf(owned.topic)[owned.partition]?.slice(next, next + room) ?? [];
    if (records.length > 0) owned.add(records);
  }

  #onChange(owned: AssignedPartition): void {
    const offset = owned.window.committable;
    if (offset !== undefined) this.#log.commit(this.options.group, owned.topic, owned.partition, offset);
    this.#fetchPartition(owned);
  }

  #lagOfAll(partitions: readonly AssignedPartition[]): bigint {
    return partitions.reduce((sum, owned) => sum + this.#lagOf(owned), 0n);
  }

  #lagOf(owned: AssignedPartition): bigint {
    const end = this.#log.partitionsOf(owned.topic)[owned.partition]?.length ?? 0;
    return BigInt(end) - (owned.window.position ?? 0n);
  }
}
