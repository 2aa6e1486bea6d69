import { setMaxListeners } from 'node:events';
import { backOffMs } from './back-off.ts';
import { type Clock, systemClock } from './clock.ts';
import { Fifo } from './fifo.ts';
import { KeyLanes, laneOf } from './key-lanes.ts';
import { OffsetWindow, type WindowEntry } from './offset-window.ts';
import { type IncomingRecord, sizeOf } from './record.ts';
import type { AssignedPartition, RecordScheduler, RecordSchedulerOptions } from './record-scheduler.ts';
import { StartGate } from './start-gate.ts';

const REPORT_INTERVAL_MS = 1000;

interface Entry extends WindowEntry {
  readonly record: IncomingRecord;
  readonly partition: PartitionState;
  readonly lane: string | undefined;
  isRunning: boolean;
  rejections: number;
  /** The gate's when it began. */
  round: number;
}

interface PartitionState extends AssignedPartition {
  readonly window: OffsetWindow<Entry>;
  readonly abort: AbortController;
  isRevoked: boolean;
  isHeld: boolean;
  readonly held: Entry[];
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
  readonly #partitions = new Set<PartitionState>();
  readonly #lanes = new KeyLanes<Entry>();
  readonly #ready = new Fifo<Entry>();
  readonly #gate: StartGate;
  #inFlight = 0;
  #queued = 0;
  #isHolding = false;
  #lastProgressAtMs: number;
  #whenIdle: (() => void) | undefined;
  #unreported = 0;
  #nextReportAtMs = 0;

  constructor(options: RecordSchedulerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#lastProgressAtMs = this.#clock.nowMs();
    const { concurrency } = options;
    this.#gate = new StartGate({ concurrency, clock: this.#clock, random: this.#random, onOpen: () => this.#run() });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queued;
  }

  get lastProgressAtMs(): number {
    return this.#lastProgressAtMs;
  }

  assign(topic: string, partition: number): AssignedPartition {
    const abort = new AbortController();
    setMaxListeners(0, abort.signal);
    const state: PartitionState = {
      topic,
      partition,
      window: new OffsetWindow<Entry>(),
      abort,
      isRevoked: false,
      isHeld: false,
      held: [],
      cancelHold: () => {},
      add: (records) => this.#add(state, records),
      revoke: () => this.#revoke(state),
    };
    this.#partitions.add(state);
    return state;
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
    if (!isIdle) for (const partition of this.#partitions) partition.abort.abort();
    return isIdle;
  }

  #idleWithin(deadlineMs: number): Promise<boolean> {
    if (this.#inFlight === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), deadlineMs);
      this.#whenIdle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #add(partition: PartitionState, records: readonly IncomingRecord[]): void {
    if (partition.isRevoked) return;
    this.#lastProgressAtMs = this.#clock.nowMs();
    for (const record of records) {
      const next = partition.window.next;
      if (next !== undefined && record.offset < next) continue;
      const entry: Entry = {
        record,
        partition,
        offset: record.offset,
        timestampMs: record.timestampMs,
        lane: laneOf(record),
        isDone: false,
        sizeBytes: sizeOf(record),
        isRunning: false,
        rejections: 0,
        round: 0,
      };
      partition.window.push(entry);
      this.#queued += 1;
      partition.held.push(entry);
    }
    this.#releaseDue(partition);
  }

  /** A partition is in due order, so the first that is not due holds all behind it. */
  #releaseDue(partition: PartitionState): void {
    const { dueAtMs } = this.#options;
    let released = 0;
    let waitMs = 0;
    for (const entry of partition.held) {
      waitMs = (dueAtMs?.(entry.record) ?? 0) - this.#clock.nowMs();
      if (waitMs > 0) break;
      released += 1;
      if (this.#lanes.enter(entry)) this.#ready.push(entry);
    }
    partition.held.splice(0, released);
    partition.cancelHold();
    const wasHeld = partition.isHeld;
    partition.isHeld = partition.held.length > 0;
    if (partition.isHeld) partition.cancelHold = this.#clock.after(waitMs, () => this.#releaseDue(partition));
    if (wasHeld !== partition.isHeld) this.#options.onChange?.(partition);
    this.#run();
  }

  #run(): void {
    while (!this.#isHolding && this.#gate.allows(this.#inFlight)) {
      const entry = this.#ready.take();
      if (entry === undefined) return;
      if (entry.partition.isRevoked) this.#leaveLane(entry);
      else this.#start(entry);
    }
  }

  #start(entry: Entry): void {
    this.#inFlight += 1;
    this.#queued -= 1;
    entry.isRunning = true;
    entry.round = this.#gate.begun();
    let work: Promise<void>;
    try {
      work = this.#options.handle(entry.record, entry.partition.abort.signal);
    } catch (error) {
      work = Promise.reject(error);
    }
    work.then(
      () => this.#settle(() => this.#complete(entry)),
      (error: unknown) => this.#settle(() => this.#reject(entry, error)),
    );
  }

  #settle(outcome: () => void): void {
    this.#inFlight -= 1;
    this.#lastProgressAtMs = this.#clock.nowMs();
    outcome();
    this.#run();
    if (this.#inFlight === 0) this.#whenIdle?.();
  }

  #complete(entry: Entry): void {
    this.#leaveLane(entry);
    this.#gate.succeeded(entry.round);
    if (entry.partition.isRevoked) return;
    entry.partition.window.finish(entry);
    this.#options.onChange?.(entry.partition);
  }

  #reject(entry: Entry, error: unknown): void {
    if (entry.partition.isRevoked) {
      this.#gate.dropped(entry.round);
      this.#leaveLane(entry);
      return;
    }
    entry.isRunning = false;
    entry.rejections += 1;
    this.#queued += 1;
    const delayMs = backOffMs(entry.rejections, this.#random);
    this.#gate.rejected(entry.round);
    this.#report(entry, error, delayMs);
    this.#clock.after(delayMs, () => {
      this.#ready.push(entry);
      this.#run();
    });
  }

  /** An outage rejects everything: one in a second says enough. */
  #report({ record }: Entry, error: unknown, delayMs: number): void {
    this.#unreported += 1;
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#nextReportAtMs) return;
    this.#nextReportAtMs = nowMs + REPORT_INTERVAL_MS;
    this.#options.onRejected?.(record, error, { delayMs, rejections: this.#unreported });
    this.#unreported = 0;
  }

  #leaveLane(entry: Entry): void {
    const next = this.#lanes.leave(entry, ({ partition }) => !partition.isRevoked);
    if (next !== undefined) this.#ready.push(next);
  }

  #revoke(partition: PartitionState): void {
    if (partition.isRevoked) return;
    partition.isRevoked = true;
    partition.cancelHold();
    partition.held.length = 0;
    this.#partitions.delete(partition);
    this.#queued -= partition.window.pending().filter((entry) => !entry.isDone && !entry.isRunning).length;
    partition.abort.abort();
  }
}
