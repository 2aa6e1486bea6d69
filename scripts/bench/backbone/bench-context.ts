import { randomUUID } from 'node:crypto';
import { type BenchDatabase, createBenchDatabase } from './bench-database.ts';
import type { BenchTopics } from './bench-topics.ts';
import type { RunResult } from './measurement.ts';
import type { VariantPlan, VariantReport } from './plan.ts';
import { startVariant, type VariantEnvironment } from './start-variant.ts';

/** What every run of the bench needs. */
export interface BenchContext extends VariantEnvironment {
  readonly brokers: string;
  /** The superuser's. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly topics: BenchTopics;
  /** Short windows. */
  readonly isQuick: boolean;
  readonly say: (line: string) => void;
}

/** What differs from run to run. */
export interface RunOptions {
  readonly program: string;
  readonly plan: Omit<VariantPlan, 'brokers' | 'databaseUrl' | 'redisUrl' | 'group' | 'topic'>;
  readonly topic: (group: string) => Promise<string>;
  /** Before the process starts. */
  readonly prepare?: (database: BenchDatabase, topic: string) => Promise<void>;
  /** After the process has stopped: what was not as it must be. */
  readonly check: (database: BenchDatabase, topic: string) => Promise<readonly string[]>;
}

const WINDOW_TIMEOUT_MS = 600_000;

/** One run: a database and a group of its own, a process of its own, and a look at what came of it. */
export async function runOnce(context: BenchContext, options: RunOptions): Promise<RunResult> {
  const group = `${context.topics.prefix}.${randomUUID().slice(0, 8)}`;
  return withDatabase(context, async (database) => {
    const topic = await options.topic(group);
    await options.prepare?.(database, topic);
    const addresses = { brokers: context.brokers, databaseUrl: database.url, redisUrl: context.redisUrl };
    const variant = startVariant(options.program, { ...options.plan, ...addresses, group, topic }, context);
    const report = (await variant.next(({ kind }) => kind === 'report', WINDOW_TIMEOUT_MS)) as VariantReport;
    await variant.stop();
    const faults = [...faultsOf(report), ...(await options.check(database, topic))];
    await context.topics.deleteAll(`${group}.`);
    return { ...toResult(report), faults };
  });
}

/** A database for the time of the work. */
export async function withDatabase<Result>(
  { databaseUrl }: BenchContext,
  work: (database: BenchDatabase) => Promise<Result>,
): Promise<Result> {
  const database = await createBenchDatabase(databaseUrl);
  try {
    return await work(database);
  } finally {
    await database.drop();
  }
}

/** The result of one process' window. */
function toResult({ events, durationMs, cpuUs, p50Ms, p99Ms }: VariantReport): Omit<RunResult, 'faults'> {
  return {
    eventsPerSecond: (events * 1_000) / durationMs,
    cpuUsPerEvent: cpuUs / events,
    ...(p50Ms !== undefined && { p50Ms }),
    ...(p99Ms !== undefined && { p99Ms }),
  };
}

function faultsOf({ hasRebalanced, backlog, events, durationMs }: VariantReport): string[] {
  const faults: string[] = [];
  if (hasRebalanced) faults.push('a rebalance fell into the window');
  // Half a second of events may be under way at any time.
  const patience = (events * 500) / durationMs;
  if (backlog !== undefined && backlog.end > backlog.half + patience) {
    faults.push(`the backlog grew from ${backlog.half} to ${backlog.end}`);
  }
  return faults;
}

/** A fault when a number is not the expected one. */
export function expectNumber(what: string, found: number, expected: number): string[] {
  return found === expected ? [] : [`${what}: ${found} instead of ${expected}`];
}
