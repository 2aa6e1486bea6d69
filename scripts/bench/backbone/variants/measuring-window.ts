import { cpuUsage } from 'node:process';
import { quantile } from '../../quantile.ts';
import type { VariantPlan, VariantReport } from '../plan.ts';
import { tell } from './variant-process.ts';

/** What is measured in a variant's process: from the end of the warm-up until everything is done. */
export interface MeasuringWindow {
  /** So many more events are done for good (committed, acknowledged). */
  add(events: number): void;
  /** The group's member lost its place and found it again. */
  noteRebalance(): void;
  readonly report: Promise<VariantReport>;
}

interface Moment {
  readonly events: number;
  readonly atMs: number;
  readonly cpuUs: number;
}

export function openWindow({ warmUpEvents, totalEvents }: Pick<VariantPlan, 'warmUpEvents' | 'totalEvents'>): MeasuringWindow {
  const { promise, resolve } = Promise.withResolvers<VariantReport>();
  let events = 0;
  let begin: Moment | undefined;
  let hasRebalanced = false;
  return {
    report: promise,
    noteRebalance: () => {
      hasRebalanced ||= begin !== undefined;
    },
    add: (count) => {
      events += count;
      if (begin === undefined && events >= warmUpEvents) begin = momentOf(events);
      if (begin !== undefined && events >= totalEvents)
        resolve({ kind: 'report', hasRebalanced, ...between(begin, momentOf(events)) });
    },
  };
}

function momentOf(events: number): Moment {
  return { events, atMs: performance.now(), cpuUs: cpuMicroseconds() };
}

function between(begin: Moment, end: Moment) {
  return { events: end.events - begin.events, durationMs: end.atMs - begin.atMs, cpuUs: end.cpuUs - begin.cpuUs };
}

/** Processor time of this process so far, user and system, microseconds. */
function cpuMicroseconds(): number {
  const { user, system } = cpuUsage();
  return user + system;
}

/** For one of many: says every 100 ms how far it is, and never reports. */
export function tellProgress(isJoined: () => boolean): Pick<MeasuringWindow, 'add'> & { stop(): void } {
  let events = 0;
  const timer = setInterval(() => tell({ kind: 'progress', isJoined: isJoined(), events, cpuUs: cpuMicroseconds() }), 100);
  return {
    add: (count) => {
      events += count;
    },
    stop: () => clearInterval(timer),
  };
}

/** Puts events down at a fixed rate and measures until each is handled. */
export interface LatencyRun {
  /** The event's transaction was committed. */
  noteCommitted(id: string): void;
  /** Its effect was committed. */
  noteHandled(id: string): void;
  readonly report: Promise<VariantReport>;
  stop(): void;
}

interface Seen {
  committedAtMs?: number;
  handledAtMs?: number;
}

/** Calls `put` at the rate whether or not the former ones are done, and reports when every event of the window is handled. */
export function runAtRate(load: NonNullable<VariantPlan['load']>, put: () => void): LatencyRun {
  const { promise, resolve } = Promise.withResolvers<VariantReport>();
  const seen = new Map<string, Seen>();
  const latencies: number[] = [];
  const startedAtMs = performance.now();
  const opensAtMs = startedAtMs + load.warmUpMs;
  const closesAtMs = opensAtMs + load.durationMs;
  let begunCpuUs = 0;
  let given = 0;
  let half: number | undefined;
  let end: { backlog: number; cpuUs: number } | undefined;
  const isOpen = (atMs: number) => atMs >= opensAtMs && atMs < closesAtMs;
  const finishWhenDone = () => {
    if (end === undefined || seen.size > 0) return;
    resolve({
      kind: 'report',
      events: latencies.length,
      durationMs: load.durationMs,
      cpuUs: end.cpuUs - begunCpuUs,
      hasRebalanced: false,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      backlog: { half: half ?? 0, end: end.backlog },
    });
  };
  const note = (id: string, part: keyof Seen) => {
    const entry = seen.get(id) ?? {};
    entry[part] = performance.now();
    seen.set(id, entry);
    if (entry.committedAtMs === undefined || entry.handledAtMs === undefined) return;
    seen.delete(id);
    // Handling may end before the commit's answer has come back.
    if (isOpen(entry.committedAtMs)) latencies.push(Math.max(0, entry.handledAtMs - entry.committedAtMs));
    finishWhenDone();
  };
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (begunCpuUs === 0 && nowMs >= opensAtMs) begunCpuUs = cpuMicroseconds();
    if (half === undefined && nowMs >= opensAtMs + load.durationMs / 2) half = seen.size;
    if (nowMs >= closesAtMs) {
      clearInterval(timer);
      end = { backlog: seen.size, cpuUs: cpuMicroseconds() };
      finishWhenDone();
      return;
    }
    for (const due = ((nowMs - startedAtMs) * load.eventsPerSecond) / 1_000; given < due; given += 1) put();
  }, 1);
  return {
    report: promise,
    noteCommitted: (id) => note(id, 'committedAtMs'),
    noteHandled: (id) => note(id, 'handledAtMs'),
    stop: () => clearInterval(timer),
  };
}
