import type { BenchContext } from '../bench-context.ts';
import type { FilledTopics } from '../filled-topics.ts';
import type { Comparison } from '../measurement.ts';
import { throughline } from './consume-once.ts';
import { produceVariant } from './plain.ts';
import { throughlineRelay } from './relay.ts';

const SIZES = [
  { label: '64B', fillerBytes: 64, events: 80_000 },
  { label: '1KiB', fillerBytes: 1_024, events: 80_000 },
  { label: '16KiB', fillerBytes: 16_384, events: 16_000 },
  { label: '64KiB', fillerBytes: 65_536, events: 4_000 },
];

/** The relay with 1 k to 100 k rows waiting; a million is a comparison of its own. */
export function backlogs(context: BenchContext): Comparison {
  const sizes = { 'backlog-1k': 1_000, 'backlog-10k': 10_000, 'backlog-100k': 100_000 };
  return {
    name: 'backlog',
    variants: Object.entries(sizes).map(([name, rows]) => throughlineRelay(context, { name, rows })),
    ratios: [{ workload: 'backlog-100k', of: 'backlog-100k', against: 'backlog-10k' }],
  };
}

/** The relay while another connection keeps a transaction open, under which nothing can be vacuumed. */
export function heldXmin(context: BenchContext): Comparison {
  const rows = 100_000;
  return {
    name: 'held-xmin',
    variants: [
      throughlineRelay(context, { name: 'relay-free', rows }),
      throughlineRelay(context, { name: 'relay-held-xmin', rows, isXminHeld: true }),
    ],
    ratios: [{ workload: 'relay-held-xmin', of: 'relay-held-xmin', against: 'relay-free' }],
  };
}

/** Events with 64 B to 64 KiB of text, consumed once and produced. */
export function eventSizes(context: BenchContext, filled: FilledTopics): Comparison[] {
  const consumed = SIZES.map(({ label, fillerBytes, events }) =>
    throughline(context, filled, {
      name: `consume-once-${label}`,
      isBatched: true,
      warmUpEvents: events / 5,
      totalEvents: events,
      fillerBytes,
    }),
  );
  const produced = SIZES.map(({ label, fillerBytes, events }) =>
    produceVariant(context, {
      program: 'throughline-produce',
      name: `produce-${label}`,
      warmUpEvents: events / 5,
      totalEvents: events,
      fillerBytes,
    }),
  );
  const against = (workload: string) => [{ workload: `${workload}-64KiB`, of: `${workload}-64KiB`, against: `${workload}-64B` }];
  return [
    { name: 'consume-sizes', variants: consumed, ratios: against('consume-once') },
    { name: 'produce-sizes', variants: produced, ratios: against('produce') },
  ];
}
