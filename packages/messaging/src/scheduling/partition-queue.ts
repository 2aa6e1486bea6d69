import { setMaxListeners } from 'node:events';
import type { ConsumeOptions } from '../messaging-driver.ts';
import { type IncomingRecord, sizeOf } from '../record.ts';
import { Fifo } from './fifo.ts';
import { type Lane, laneOf, NO_CHUNK, type TopicLanes, waitIn } from './key-lanes.ts';
import { OffsetWindow, type WindowEntry } from './offset-window.ts';

/** A record from its fetch until it is done or its partition is lost. */
export interface QueuedRecord extends WindowEntry {
  readonly record: IncomingRecord;
  readonly partition: PartitionQueue;
  lane: Lane<QueuedRecord> | undefined;
  /** The chunk that it is in; NO_CHUNK while it waits and when it is done. */
  chunk: number;
  rejections: number;
}

interface Taking {
  readonly taken: QueuedRecord[];
  readonly max: number;
  readonly chunk: number;
}

/** What waits of one assigned partition. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly window = new OffsetWindow<QueuedRecord>();
  readonly abort = new AbortController();
  /** Not due, or behind one that is not. */
  readonly #held = new Fifo<QueuedRecord>();
  /** Keys whose turn it is, with the records that waited in them. */
  readonly #lanes = new Fifo<Lane<QueuedRecord>>();
  /** The same of keys that were rejected before. */
  readonly #rejected = new Fifo<Lane<QueuedRecord>>();
  /** Never looked at. */
  readonly #fresh = new Fifo<QueuedRecord>();
  readonly #topicLanes: TopicLanes<QueuedRecord>;
  /** Fetched and not begun. */
  queued = 0;
  #isTurnOfRejected = false;
  isRevoked = false;
  /** Stands in the scheduler's queue of partitions. */
  isInTurn = false;

  constructor(topic: string, partition: number, topicLanes: TopicLanes<QueuedRecord>) {
    this.topic = topic;
    this.partition = partition;
    this.#topicLanes = topicLanes;
    setMaxListeners(0, this.abort.signal);
  }

  get isHeld(): boolean {
    return this.#held.size > 0;
  }

  /** Something may be ready: of what is fresh it is not known before it is looked at. */
  get mayBegin(): boolean {
    return this.#lanes.size > 0 || this.#fresh.size > 0 || this.#rejected.size > 0;
  }

  /** Takes records into the window; those below its end are here already. */
  add(records: readonly IncomingRecord[], isHeld: boolean): void {
    const { window } = this;
    const target = isHeld ? this.#held : this.#fresh;
    for (const record of records) {
      const { offset, timestampMs } = record;
      if (window.next !== undefined && offset < window.next) continue;
      const sizeBytes = sizeOf(record);
      const entry = {
        offset,
        timestampMs,
        sizeBytes,
        isDone: false,
        record,
        partition: this,
        lane: undefined,
        chunk: NO_CHUNK,
        rejections: 0,
      };
      window.push(entry);
      this.queued += 1;
      target.push(entry);
    }
  }

  /** Lets go what is due; in due order, so the first that is not holds all behind it. @returns for how long, milliseconds */
  releaseDue(dueAtMs: ConsumeOptions['dueAtMs'], nowMs: number): number {
    for (let entry = this.#held.peek(); entry !== undefined; entry = this.#held.peek()) {
      const waitMs = (dueAtMs?.(entry.record) ?? 0) - nowMs;
      if (waitMs > 0) return waitMs;
      this.#held.take();
      this.#fresh.push(entry);
    }
    return 0;
  }

  /** The lane's first record is of this partition and may begin. What was rejected takes turns with what is new: if it were first, it would be each probe of an outage of its own. */
  goOn(lane: Lane<QueuedRecord>, wasRejected: boolean): void {
    if (!wasRejected) this.#lanes.push(lane);
    else {
      if (this.#rejected.size === 0) this.#isTurnOfRejected = false;
      this.#rejected.push(lane);
    }
  }

  /** Up to `max` records for a chunk, in offset order, their keys taken; what it meets of keys in other chunks goes to wait in their lanes. */
  take(max: number, chunk: number): QueuedRecord[] {
    const taken: QueuedRecord[] = [];
    let lanes = this.#takeLanes(this.#lanes, { taken, max, chunk });
    if (this.#isTurnOfRejected) lanes += this.#takeLanes(this.#rejected, { taken, max, chunk });
    this.#isTurnOfRejected = !this.#isTurnOfRejected;
    while (taken.length < max) {
      const entry = this.#fresh.take();
      if (entry === undefined) break;
      if (this.#enter(entry, chunk)) taken.push(entry);
    }
    lanes += this.#takeLanes(this.#rejected, { taken, max, chunk });
    if (lanes > 0) taken.sort(byOffset);
    this.queued -= taken.length;
    return taken;
  }

  /** @returns the lanes that waited for this partition's turn: they may hold records of a later assignment */
  revoke(): Lane<QueuedRecord>[] {
    this.isRevoked = true;
    this.queued = 0;
    this.#held.clear();
    this.#fresh.clear();
    this.abort.abort();
    return [...this.#lanes.drain(), ...this.#rejected.drain()];
  }

  /** @returns how many lanes it took from */
  #takeLanes(lanes: Fifo<Lane<QueuedRecord>>, { taken, max, chunk }: Taking): number {
    let count = 0;
    for (; taken.length < max; count += 1) {
      const lane = lanes.take();
      if (lane?.waiting === undefined) break;
      lane.chunk = chunk;
      for (let head = lane.waiting.peek(); head?.partition === this && taken.length < max; head = lane.waiting.peek()) {
        lane.waiting.take();
        begin(head, lane, chunk);
        taken.push(head);
      }
    }
    return count;
  }

  /** True when the record goes with the chunk, false when it waits for its key. */
  #enter(entry: QueuedRecord, chunk: number): boolean {
    const { key } = entry.record;
    if (key === null) {
      entry.chunk = chunk;
      return true;
    }
    const lane = laneOf(this.#topicLanes, key);
    const isFree = lane.chunk === NO_CHUNK || (lane.chunk === chunk && (lane.waiting === undefined || lane.waiting.size === 0));
    if (!isFree) {
      waitIn(lane, entry);
      return false;
    }
    begin(entry, lane, chunk);
    lane.chunk = chunk;
    return true;
  }
}

function begin(entry: QueuedRecord, lane: Lane<QueuedRecord>, chunk: number): void {
  entry.lane = lane;
  entry.chunk = chunk;
  lane.inWork += 1;
}

function byOffset(a: QueuedRecord, b: QueuedRecord): number {
  return a.offset < b.offset ? -1 : 1;
}
