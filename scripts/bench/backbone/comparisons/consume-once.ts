import { type BenchContext, expectNumber, runOnce } from '../bench-context.ts';
import { type BenchDatabase, createHandWrittenTables } from '../bench-database.ts';
import type { FilledTopics } from '../filled-topics.ts';
import { pgbenchVariant } from '../limits/run-pgbench.ts';
import type { Comparison, RatioSpec, Variant } from '../measurement.ts';

/** Deduplication and a business row in Postgres: in batches, event by event, and by hand. */
export function consumeOnce(context: BenchContext, filled: FilledTopics): Comparison {
  const pgbench = pgbenchVariant(context);
  const peers = ['hand-written', 'hand-written-concurrent', ...(pgbench === undefined ? [] : ['pgbench'])];
  const against = (workload: string, of: string): RatioSpec[] => peers.map((peer) => ({ workload, of, against: peer }));
  return {
    name: 'consume-once',
    variants: [
      handWritten(context, filled, { name: 'hand-written', concurrency: 1, ...sizes(context, 8_000) }),
      throughline(context, filled, { name: 'throughline', isBatched: true, ...sizes(context, 160_000) }),
      handWritten(context, filled, { name: 'hand-written-concurrent', concurrency: 12, ...sizes(context, 24_000) }),
      throughline(context, filled, { name: 'throughline-each', isBatched: false, ...sizes(context, 64_000) }),
      ...(pgbench === undefined ? [] : [pgbench]),
    ],
    ratios: [...against('consume-once', 'throughline'), ...against('consume-once-each', 'throughline-each')],
  };
}

export interface ConsumeOnceOptions {
  readonly name: string;
  readonly isBatched: boolean;
  readonly warmUpEvents: number;
  readonly totalEvents: number;
  readonly fillerBytes?: number;
}

/** Our side: a service with one subscription. */
export function throughline(context: BenchContext, filled: FilledTopics, options: ConsumeOnceOptions): Variant {
  const { name, fillerBytes, ...plan } = options;
  return {
    name,
    run: () =>
      runOnce(context, {
        program: 'throughline-consume-once',
        plan,
        topic: () => filled(plan.totalEvents, fillerBytes),
        check: (database) => checkEffects(database, 'processed_events', plan.totalEvents),
      }),
  };
}

function handWritten(
  context: BenchContext,
  filled: FilledTopics,
  options: { name: string; concurrency: number; warmUpEvents: number; totalEvents: number },
): Variant {
  const { name, ...plan } = options;
  return {
    name,
    run: () =>
      runOnce(context, {
        program: 'hand-written-consume-once',
        plan,
        topic: () => filled(plan.totalEvents),
        prepare: createHandWrittenTables,
        check: (database) => checkEffects(database, 'processed', plan.totalEvents),
      }),
  };
}

/** Each event once: as many rows of the dedup table, and as much in the balances, as there are events. */
export async function checkEffects(database: BenchDatabase, dedupTable: string, events: number): Promise<string[]> {
  return [
    ...expectNumber('events recorded', await database.number(`SELECT count(*) FROM ${dedupTable}`), events),
    ...expectNumber('effects', await database.number('SELECT sum(amount) FROM balances'), events),
  ];
}

/** A quarter more comes first as the warm-up. */
function sizes({ isQuick }: BenchContext, events: number): { warmUpEvents: number; totalEvents: number } {
  const measured = isQuick ? events / 4 : events;
  return { warmUpEvents: measured / 4, totalEvents: (measured * 5) / 4 };
}
