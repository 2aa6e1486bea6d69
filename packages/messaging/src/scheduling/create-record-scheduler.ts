import { type Clock, systemClock } from '../clock.ts';
import type { UnfinishedRecord } from '../messaging-driver.ts';
import type { IncomingRecord } from '../record.ts';
import { backOffMs } from './back-off.ts';
import { Fifo } from './fifo.ts';
import { endLane, KeyLanes, type Lane, WAITING } from './key-lanes.ts';
import { PartitionQueue, type QueuedRecord } from './partition-queue.ts';
import { countRejections, entryOf, giveBack, leaveChunk, type RecordChunk, unfinishedOf } from './record-chunk.ts';
import type { AssignedPartition, RecordScheduler, RecordSchedulerOptions } from './record-scheduler.ts';
import { createRejectionReport } from './rejection-report.ts';
import { StartGate } from './start-gate.ts';

interface Assigned extends AssignedPartition {
  readonly queue: PartitionQueue;
  isHeld: boolean;
  cancelHold: () => void;
}

/** @returns a scheduler with nothing assigned. */
export function createRecordScheduler(options: RecordSchedulerOptions): RecordScheduler {
  return new Scheduler(options);
}

class Scheduler implements RecordScheduler {
  readonly #options: RecordSchedulerOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #assigned = new Map<PartitionQueue, Assigned>();
  readonly #lanes = new KeyLanes<QueuedRecord>();
  readonly #turns = new Fifo<PartitionQueue>();
  readonly #gate: StartGate;
  readonly #report: ReturnType<typeof createRejectionReport>;
  #chunks = 0;
  #lastChunk = 0;
  #inFlight = 0;
  #isHolding = false;
  #lastProgressAtMs: number;
  #whenIdle: (() => void) | undefined;

  constructor(options: RecordSchedulerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#lastProgressAtMs = this.#clock.nowMs();
    this.#report = createRejectionReport(options, this.#clock);
    this.#gate = new StartGate({ ...options, clock: this.#clock, random: this.#random, onOpen: () => this.#run() });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    let queued = 0;
    for (const queue of this.#assigned.keys()) queued += queue.queued;
    return queued;
  }

  get lastProgressAtMs(): number {
    return this.#lastProgressAtMs;
  }

  assign(topic: string, partition: number): AssignedPartition {
    const queue = new PartitionQueue(topic, partition, this.#lanes.ofTopic(topic));
    const assigned: Assigned = {
      topic,
      partition,
      window: queue.window,
      queue,
      isHeld: false,
      cancelHold: () => {},
      add: (records) => this.#add(assigned, records),
      revoke: () => this.#revoke(assigned),
    };
    this.#assigned.set(queue, assigned);
    return assigned;
  }

  hold(): void {
    this.#isHolding = true;
  }

  resume(): void {
    this.#isHolding = false;
    this.#run();
  }

  async drain(deadlineMs: number): Promise<boolean> {
    this.#isHolding = true;
    const isIdle = await this.#idleWithin(deadlineMs);
    if (!isIdle) for (const queue of this.#assigned.keys()) queue.abort.abort();
    return isIdle;
  }

  #idleWithin(deadlineMs: number): Promise<boolean> {
    if (this.#chunks === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), deadlineMs);
      this.#whenIdle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #add(assigned: Assigned, records: readonly IncomingRecord[]): void {
    const { queue } = assigned;
    if (queue.isRevoked) return;
    this.#lastProgressAtMs = this.#clock.nowMs();
    const mayHold = this.#options.dueAtMs !== undefined;
    queue.add(records, mayHold);
    if (mayHold) this.#releaseDue(assigned);
    else this.#ready(queue);
  }

  #releaseDue(assigned: Assigned): void {
    const { queue, isHeld: wasHeld } = assigned;
    const waitMs = queue.releaseDue(this.#options.dueAtMs, this.#clock.nowMs());
    assigned.cancelHold();
    assigned.isHeld = queue.isHeld;
    if (assigned.isHeld) assigned.cancelHold = this.#clock.after(waitMs, () => this.#releaseDue(assigned));
    if (wasHeld !== assigned.isHeld) this.#options.onChange?.(assigned);
    this.#ready(queue);
  }

  #ready(queue: PartitionQueue): void {
    this.#takeTurn(queue);
    this.#run();
  }

  #takeTurn(queue: PartitionQueue): void {
    if (queue.isInTurn || queue.isRevoked || !queue.mayBegin) return;
    queue.isInTurn = true;
    this.#turns.push(queue);
  }

  #run(): void {
    while (!this.#isHolding && this.#gate.allows(this.#chunks)) {
      const queue = this.#turns.take();
      if (queue === undefined) return;
      queue.isInTurn = false;
      if (queue.isRevoked) continue;
      const id = this.#lastChunk + 1;
      const entries = queue.take(this.#gate.chunkSize(this.#options.maxChunkRecords?.() ?? 1), id);
      this.#takeTurn(queue);
      if (entries.length > 0) this.#start({ id, queue, entries, round: this.#gate.begun() });
    }
  }

  #start(chunk: RecordChunk): void {
    this.#lastChunk = chunk.id;
    this.#chunks += 1;
    this.#inFlight += chunk.entries.length;
    const { signal } = chunk.queue.abort;
    let work: Promise<readonly UnfinishedRecord[]>;
    try {
      const records = chunk.entries.map(({ record }) => record);
      work = this.#options.handle(records, { signal, finish: (done) => this.#finish(chunk, done) });
    } catch (error) {
      work = Promise.reject(error);
    }
    work.then(
      (unfinished) => this.#end(chunk, unfinished),
      (error: unknown) => this.#end(chunk, unfinishedOf(chunk, error)),
    );
  }

  /** Before the end of their chunk. */
  #finish(chunk: RecordChunk, records: readonly IncomingRecord[]): void {
    for (const record of records) {
      const entry = entryOf(chunk, record);
      if (entry !== undefined) this.#complete(entry);
    }
    this.#changed(chunk);
  }

  #end(chunk: RecordChunk, unfinished: readonly UnfinishedRecord[]): void {
    this.#chunks -= 1;
    const isAway = unfinished.length > 0 && this.#giveBack(chunk, unfinished);
    for (const entry of chunk.entries) if (entry.chunk === chunk.id) this.#complete(entry);
    if (!isAway) this.#gate.succeeded(chunk.round);
    this.#changed(chunk);
    if (this.#chunks === 0) this.#whenIdle?.();
  }

  #changed({ queue }: RecordChunk): void {
    this.#lastProgressAtMs = this.#clock.nowMs();
    const assigned = this.#assigned.get(queue);
    if (assigned !== undefined) this.#options.onChange?.(assigned);
    this.#run();
  }

  #complete(entry: QueuedRecord): void {
    const { lane, partition } = entry;
    leaveChunk(entry);
    this.#inFlight -= 1;
    if (lane !== undefined && lane.inWork === 0 && lane.chunk !== WAITING) this.#next(lane);
    if (!partition.isRevoked) partition.window.finish(entry);
  }

  /** The lane's next record gets its turn; without one the lane ends. */
  #next(lane: Lane<QueuedRecord>, wasRejected = false): void {
    let head = lane.waiting?.peek();
    for (; head?.partition.isRevoked; head = lane.waiting?.peek()) lane.waiting?.take();
    if (head === undefined) {
      endLane(lane);
      return;
    }
    lane.chunk = WAITING;
    head.partition.goOn(lane, wasRejected);
    this.#takeTurn(head.partition);
  }

  /** What is not done goes back to the head of its key. True when a store or the broker is away. */
  #giveBack(chunk: RecordChunk, unfinished: readonly UnfinishedRecord[]): boolean {
    const systemic = unfinished.find(({ retryAfterMs }) => retryAfterMs === undefined);
    if (chunk.queue.isRevoked) {
      if (systemic !== undefined) this.#gate.dropped(chunk.round);
      return systemic !== undefined;
    }
    const backOff = backOffMs(countRejections(chunk, unfinished), this.#random);
    const waits = new Map<QueuedRecord, number>();
    for (const { record, retryAfterMs } of unfinished) {
      const entry = entryOf(chunk, record);
      if (entry !== undefined) waits.set(entry, retryAfterMs ?? backOff);
    }
    this.#inFlight -= waits.size;
    for (const [waitMs, lanes] of giveBack(chunk, waits)) this.#goOnAfter(waitMs, lanes, waitMs === backOff);
    if (systemic === undefined) return false;
    this.#gate.rejected(chunk.round);
    this.#report(systemic, backOff);
    return true;
  }

  #goOnAfter(waitMs: number, lanes: readonly Lane<QueuedRecord>[], wasRejected: boolean): void {
    this.#clock.after(waitMs, () => {
      for (const lane of lanes) this.#next(lane, wasRejected);
      this.#run();
    });
  }

  #revoke(assigned: Assigned): void {
    const { queue } = assigned;
    if (queue.isRevoked) return;
    assigned.cancelHold();
    this.#assigned.delete(queue);
    for (const lane of queue.revoke()) this.#next(lane);
    this.#run();
  }
}
