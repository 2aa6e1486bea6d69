import { type BenchContext, expectNumber, runOnce } from '../bench-context.ts';
import { createHandWrittenTables } from '../bench-database.ts';
import type { Comparison, Variant } from '../measurement.ts';

const EVENTS_PER_SECOND = 200;

/** From the commit of an event's outbox row until the commit of its effect, at a fixed rate. */
export function latency(context: BenchContext): Comparison {
  return {
    name: 'latency',
    variants: [
      variant(context, { name: 'hand-written', dedupTable: 'processed', isByHand: true }),
      variant(context, { name: 'throughline', dedupTable: 'processed_events', isByHand: false }),
    ],
    ratios: [
      { workload: 'latency-p50', of: 'throughline', against: 'hand-written', quantity: 'p50Ms' },
      { workload: 'latency-p99', of: 'throughline', against: 'hand-written', quantity: 'p99Ms' },
    ],
  };
}

function variant(
  context: BenchContext,
  { name, dedupTable, isByHand }: { name: string; dedupTable: string; isByHand: boolean },
): Variant {
  const load = { eventsPerSecond: EVENTS_PER_SECOND, warmUpMs: 2_000, durationMs: context.isQuick ? 5_000 : 15_000 };
  return {
    name,
    run: () =>
      runOnce(context, {
        program: `${name}-latency`,
        plan: { warmUpEvents: 0, totalEvents: 0, load },
        topic: (group) => context.topics.create(`${group}.events`),
        ...(isByHand && { prepare: createHandWrittenTables }),
        check: async (database, topic) => {
          const records = await context.topics.count(topic);
          const effects = await database.number('SELECT sum(amount) FROM balances');
          const recorded = await database.number(`SELECT count(*) FROM ${dedupTable}`);
          return [...expectNumber('effects', effects, records), ...expectNumber('events recorded', recorded, records)];
        },
      }),
  };
}
