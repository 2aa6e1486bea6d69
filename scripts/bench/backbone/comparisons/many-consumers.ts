import { setTimeout as delay } from 'node:timers/promises';
import { type BenchContext, withDatabase } from '../bench-context.ts';
import type { FilledTopics } from '../filled-topics.ts';
import type { Comparison, RunResult, Variant } from '../measurement.ts';
import type { VariantMessage, VariantProgress } from '../plan.ts';
import { startVariant } from '../start-variant.ts';
import { checkEffects } from './consume-once.ts';

const TOTAL_EVENTS = 400_000;
/** Of the topic; what is left would be read by fewer and fewer members. */
const WINDOW_END = 0.9;
/** All have had their partitions for so long before the window opens. */
const STABLE_MS = 1_000;
const TIMEOUT_MS = 600_000;

/** The same work shared by 1, 2 and 4 processes of one group. */
export function manyConsumers(context: BenchContext, filled: FilledTopics): Comparison {
  return {
    name: 'consumers',
    variants: [1, 2, 4].map((members) => variant(context, filled, members)),
    ratios: [2, 4].map((members) => ({ workload: `consumers-${members}`, of: `consumers-${members}`, against: 'consumers-1' })),
  };
}

function variant(context: BenchContext, filled: FilledTopics, members: number): Variant {
  return {
    name: `consumers-${members}`,
    run: () =>
      withDatabase(context, async (database) => {
        const group = `${context.topics.prefix}.${crypto.randomUUID().slice(0, 8)}`;
        const plan = {
          brokers: context.brokers,
          databaseUrl: database.url,
          redisUrl: context.redisUrl,
          topic: await filled(TOTAL_EVENTS),
          group,
          warmUpEvents: 0,
          totalEvents: TOTAL_EVENTS,
          isBatched: true,
          isOneOfMany: true,
        };
        const all = Array.from({ length: members }, () => follow(startVariant('throughline-consume-once', plan, context)));
        const measured = await measure(all);
        await Promise.all(all.map((member) => member.stop()));
        const faults = await checkEffects(database, 'processed_events', TOTAL_EVENTS);
        await context.topics.deleteAll(`${group}.`);
        return { ...measured, faults: [...measured.faults, ...faults] };
      }),
  };
}

interface Member {
  latest(): VariantProgress;
  /** Rejects when the process ends before it is stopped. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

function follow(variant: ReturnType<typeof startVariant>): Member {
  let latest: VariantProgress = { kind: 'progress', isJoined: false, events: 0, cpuUs: 0 };
  const never = (message: VariantMessage) => {
    if (message.kind === 'progress') latest = message;
    return false;
  };
  const failed = variant.next(never, TIMEOUT_MS) as Promise<never>;
  // After the window it ends because it is told to.
  failed.catch(() => undefined);
  return { latest: () => latest, failed, stop: () => variant.stop() };
}

async function measure(members: readonly Member[]): Promise<RunResult> {
  const watching = watch(members);
  return Promise.race([watching, ...members.map(({ failed }) => failed)]);
}

async function watch(members: readonly Member[]): Promise<RunResult> {
  const look = () => {
    const all = members.map((member) => member.latest());
    const sum = (part: 'events' | 'cpuUs') => all.reduce((total, progress) => total + progress[part], 0);
    return {
      areAtWork: all.every(({ isJoined, events }) => isJoined && events > 0),
      events: sum('events'),
      cpuUs: sum('cpuUs'),
      atMs: performance.now(),
    };
  };
  let begin: ReturnType<typeof look> | undefined;
  let end: ReturnType<typeof look> | undefined;
  let stableSinceMs = Number.POSITIVE_INFINITY;
  let hasRebalanced = false;
  for (let seen = look(); seen.events < TOTAL_EVENTS; seen = look()) {
    if (!seen.areAtWork) {
      stableSinceMs = Number.POSITIVE_INFINITY;
      hasRebalanced ||= begin !== undefined && end === undefined;
    } else stableSinceMs = Math.min(stableSinceMs, seen.atMs);
    if (begin === undefined && seen.atMs - stableSinceMs >= STABLE_MS) begin = seen;
    if (begin !== undefined && end === undefined && seen.events >= TOTAL_EVENTS * WINDOW_END) end = seen;
    await delay(100);
  }
  if (begin === undefined || end === undefined || begin.events >= end.events) {
    return { eventsPerSecond: Number.NaN, faults: ['all was done before every member was at work'] };
  }
  const events = end.events - begin.events;
  return {
    eventsPerSecond: (events * 1_000) / (end.atMs - begin.atMs),
    cpuUsPerEvent: (end.cpuUs - begin.cpuUs) / events,
    faults: hasRebalanced ? ['a rebalance fell into the window'] : [],
  };
}
