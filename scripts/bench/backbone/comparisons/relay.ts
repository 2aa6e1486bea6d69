import { type BenchContext, expectNumber, runOnce } from '../bench-context.ts';
import type { BenchDatabase } from '../bench-database.ts';
import { fillHandWrittenOutbox, fillOutbox } from '../fill-outbox.ts';
import type { Comparison, Variant } from '../measurement.ts';

const WARM_UP_ROWS = 5_000;

/** Outbox rows to Kafka, acks from all in-sync replicas. */
export function relay(context: BenchContext): Comparison {
  const rows = context.isQuick ? 20_000 : 50_000;
  return {
    name: 'relay',
    variants: [handWrittenRelay(context, rows), throughlineRelay(context, { name: 'throughline', rows })],
    ratios: [{ workload: 'relay', of: 'throughline', against: 'hand-written' }],
  };
}

/** A long backlog drains as fast as a short one. */
export function relayOfMillion(context: BenchContext): Comparison {
  return {
    name: 'relay-1m',
    variants: [
      throughlineRelay(context, { name: 'relay-10k', rows: 10_000 }),
      throughlineRelay(context, { name: 'relay-1m', rows: 1_000_000 }),
    ],
    ratios: [{ workload: 'relay-1m', of: 'relay-1m', against: 'relay-10k' }],
  };
}

/** Our relay on so many waiting rows, with another connection's transaction open meanwhile or not. */
export function throughlineRelay(
  context: BenchContext,
  { name, rows, isXminHeld = false }: { name: string; rows: number; isXminHeld?: boolean },
): Variant {
  const total = rows + WARM_UP_ROWS;
  return {
    name,
    run: () =>
      runOnce(context, {
        program: 'throughline-relay',
        plan: { warmUpEvents: WARM_UP_ROWS, totalEvents: total },
        topic: () => context.topics.create(`outbox-${crypto.randomUUID()}`),
        prepare: async (database, topic) => {
          await fillOutbox(database, topic, total);
          if (isXminHeld) await holdXmin(database);
        },
        check: (database, topic) => checkSent(context, { database, topic, total, unsent: 'outbox WHERE status <> 1' }),
      }),
  };
}

function handWrittenRelay(context: BenchContext, rows: number): Variant {
  const total = rows + WARM_UP_ROWS;
  return {
    name: 'hand-written',
    run: () =>
      runOnce(context, {
        program: 'hand-written-relay',
        plan: { warmUpEvents: WARM_UP_ROWS, totalEvents: total },
        topic: () => context.topics.create(`outbox-${crypto.randomUUID()}`),
        prepare: (database, topic) => fillHandWrittenOutbox(database, topic, total),
        check: (database, topic) => checkSent(context, { database, topic, total, unsent: 'hand_outbox WHERE sent_at IS NULL' }),
      }),
  };
}

/** A snapshot that nothing newer than it may be vacuumed under, until the run's database goes. */
async function holdXmin(database: BenchDatabase): Promise<void> {
  await database.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await database.query('SELECT pg_current_xact_id()');
}

async function checkSent(
  context: BenchContext,
  { database, topic, total, unsent }: { database: BenchDatabase; topic: string; total: number; unsent: string },
): Promise<string[]> {
  // Ends a transaction that was held open: its snapshot would show none of what was sent.
  await database.query('ROLLBACK');
  const faults = [
    ...expectNumber('rows not sent', await database.number(`SELECT count(*) FROM ${unsent}`), 0),
    ...expectNumber('records', await context.topics.count(topic), total),
  ];
  await context.topics.deleteAll(topic);
  return faults;
}
