import type { FetchBound, GroupOffset } from '@throughline/messaging';
import type { Logger } from '@throughline/telemetry';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { TopicAdmin } from '../topic-admin.ts';
import { type Assignment, isToBePaused, type OwnedPartition } from './assignment.ts';
import type { FetchPace } from './fetch-pace.ts';
import type { OffsetCommitter } from './offset-committer.ts';
import { toIncomingRecords } from './to-incoming-record.ts';

export interface FetchControlOptions {
  readonly group: string;
  readonly assignment: Assignment;
  readonly committer: OffsetCommitter;
  readonly admin: TopicAdmin;
  readonly bound: FetchBound;
  readonly pace: FetchPace;
  readonly logger: Logger;
}

const FIRST_POSITION_RETRY_MS = 100;
const LONGEST_POSITION_RETRY_MS = 2000;
/** So many tries fail silently: a leader that has just changed answers after a few. */
const SILENT_POSITION_TRIES = 4;

/** Where fetching begins, when it rests, and what is taken from it: everything between kafkajs' fetches and the queues. */
export class FetchControl {
  readonly #options: FetchControlOptions;
  #consumer: Consumer | undefined;
  #isClosing = false;
  #isMemberFull = false;
  #joins = 0;

  constructor(options: FetchControlOptions) {
    this.#options = options;
  }

  /** After each join: goes on where the queues end, and finds out where new partitions begin. */
  joined(consumer: Consumer): void {
    this.#consumer = consumer;
    for (const owned of this.#options.assignment.all()) {
      // kafkajs fetches from the committed offset after every join; what was fetched since is still queued here.
      const next = owned.work.window.next;
      if (next !== undefined) consumer.seek({ topic: owned.topic, partition: owned.partition, offset: next.toString() });
      // kafkajs keeps or forgets its paused set, depending on how the join came about.
      owned.isPaused = undefined;
      this.adjust(owned);
    }
    this.#joins += 1;
    void this.#position(consumer, this.#joins);
  }

  left(): void {
    this.#consumer = undefined;
  }

  /** Fetches nothing more. */
  close(): void {
    this.#isClosing = true;
    for (const owned of this.#options.assignment.all()) this.adjust(owned);
    this.#options.pace.wake();
  }

  /** Pauses or resumes a partition as its state says, and all of them when the member has become full or has room again. */
  adjust(owned: OwnedPartition | undefined): void {
    if (owned === undefined || this.#consumer === undefined) return;
    const { assignment, bound } = this.#options;
    owned.isFull = bound.isPartitionFull(owned.work, owned.isFull);
    const all = assignment.all();
    const wasMemberFull = this.#isMemberFull;
    this.#isMemberFull = bound.isMemberFull(
      all.map(({ work }) => work),
      wasMemberFull,
    );
    for (const each of this.#isMemberFull === wasMemberFull ? [owned] : all) this.#apply(each, this.#consumer);
  }

  #apply(owned: OwnedPartition, consumer: Consumer): void {
    const shallPause = isToBePaused(owned) || this.#isMemberFull || this.#isClosing;
    if (shallPause === owned.isPaused) return;
    owned.isPaused = shallPause;
    const target = [{ topic: owned.topic, partitions: [owned.partition] }];
    if (shallPause) consumer.pause(target);
    else {
      consumer.resume(target);
      this.#options.pace.wake();
    }
    this.#options.pace.isBrief = this.#isMemberFull || this.#options.assignment.all().some(maySoonGoOn);
  }

  /** Queues a fetched batch and returns at once, so that fetching and heartbeats go on. */
  take({ batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): void {
    const { topic, partition } = batch;
    const owned = this.#options.assignment.get(topic, partition);
    const last = batch.messages.at(-1);
    if (owned === undefined || !owned.isPositioned || owned.isHalted || last === undefined) return;
    this.#options.committer.use(commitOffsetsIfNecessary);
    const fetchedFrom = BigInt((batch as unknown as { fetchedOffset: string }).fetchedOffset);
    const next = owned.work.window.next ?? fetchedFrom;
    owned.highWatermark = BigInt(batch.highWatermark);
    // Only kafkajs' reset after OFFSET_OUT_OF_RANGE moves the position forward, and only a log made anew ends before it.
    if (fetchedFrom > next || owned.highWatermark < next) {
      this.#halt(owned, `the log no longer holds offset ${next}, the fetch went to ${fetchedFrom}`);
      return;
    }
    owned.work.add(toIncomingRecords(batch));
    resolveOffset(last.offset);
    this.adjust(owned);
  }

  /** Follows the position over control records and what compaction removed, of which `eachBatch` is not told. */
  follow({ topic, partition, lastOffset }: { topic: string; partition: number; lastOffset: string }): void {
    const owned = this.#options.assignment.get(topic, partition);
    if (owned?.isPositioned && !owned.isHalted) owned.work.window.advanceTo(BigInt(lastOffset) + 1n);
  }

  /** Checks where the group stands before anything is fetched: kafkajs would silently go to the oldest record when that is outside of the log. */
  async #position(consumer: Consumer, join: number, tries = 1): Promise<void> {
    const { admin, assignment, group, logger } = this.#options;
    // What was read before a later join may be old: a partition that left and came back had another owner meanwhile.
    const isOver = () => this.#isClosing || this.#consumer !== consumer || this.#joins !== join;
    const topics = new Set(assignment.all().flatMap((owned) => (owned.isPositioned || owned.isHalted ? [] : [owned.topic])));
    if (topics.size === 0 || isOver()) return;
    try {
      const ranges = await admin.ranges(group, [...topics]);
      if (isOver()) return;
      for (const range of ranges) this.#startAt(consumer, range);
      const missing = assignment.all().find((owned) => !owned.isPositioned && !owned.isHalted);
      if (missing !== undefined) throw new Error(`no offsets of ${missing.topic}/${missing.partition}`);
    } catch (error) {
      if (isOver()) return;
      const delayMs = Math.min(LONGEST_POSITION_RETRY_MS, FIRST_POSITION_RETRY_MS * 2 ** (tries - 1));
      const level = tries > SILENT_POSITION_TRIES ? 'warn' : 'debug';
      logger[level]({ err: error, tries, delayMs }, 'Offsets of the group could not be read, trying again');
      setTimeout(() => void this.#position(consumer, join, tries + 1), delayMs).unref();
    }
  }

  #startAt(consumer: Consumer, { topic, partition, committed, low, high }: GroupOffset): void {
    const owned = this.#options.assignment.get(topic, partition);
    if (owned === undefined || owned.isPositioned || owned.isHalted) return;
    owned.committed = committed;
    owned.highWatermark = high;
    const start = committed ?? low;
    if (start < low || start > high) {
      this.#halt(owned, `committed offset ${start} is outside of the log (${low} to ${high})`);
      return;
    }
    owned.work.window.startAt(start);
    consumer.seek({ topic, partition, offset: start.toString() });
    owned.isPositioned = true;
    this.adjust(owned);
  }

  #halt(owned: OwnedPartition, reason: string): void {
    const { topic, partition } = owned;
    owned.isHalted = true;
    owned.haltedAtMs = Date.now();
    // kafkajs commits its reset: put back where the group stood, so that a restart finds the same.
    owned.putBack = owned.work.window.committable ?? owned.committed;
    owned.committed = undefined;
    this.#options.logger.error(
      { topic, partition, reason },
      'Partition stopped: records may be lost; set the group’s offset to go on',
    );
    this.adjust(owned);
  }
}

function maySoonGoOn({ isPositioned, isFull, isHalted }: OwnedPartition): boolean {
  return !isHalted && (isFull || !isPositioned);
}
