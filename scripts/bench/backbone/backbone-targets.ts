import type { BackboneSummary } from './summarize-backbone.ts';

/** What the backbone is meant to reach, and whether it did. */
export interface Target {
  readonly text: string;
  readonly wanted: string;
  readonly found: number;
  readonly isMet: boolean;
}

const RATIOS = [
  { workload: 'consume-once', against: 'hand-written', atLeast: 16 },
  { workload: 'consume-once', against: 'hand-written-concurrent', atLeast: 6 },
  { workload: 'consume-once', against: 'pgbench', atLeast: 1 },
  { workload: 'consume-once-each', against: 'hand-written', atLeast: 8 },
  { workload: 'consume-once-each', against: 'hand-written-concurrent', atLeast: 3 },
  { workload: 'consume-once-each', against: 'pgbench', atLeast: 1 },
  { workload: 'relay', against: 'hand-written', atLeast: 1.5 },
  { workload: 'relay-1m', against: 'relay-10k', atLeast: 0.8 },
  { workload: 'latency-p50', against: 'hand-written', atLeast: 8 },
  { workload: 'produce', against: 'hand-written', atLeast: 1.3 },
  { workload: 'consume', against: 'hand-written', atLeast: 1 },
];

const FIGURES = [
  { comparison: 'latency', quantity: 'p50Ms', atMost: 10, unit: 'ms p50' },
  { comparison: 'latency', quantity: 'p99Ms', atMost: 60, unit: 'ms p99' },
  { comparison: 'consume-once', quantity: 'cpuUsPerEvent', atMost: 80, unit: 'µs CPU an event' },
] as const;

/** The targets of what was measured. */
export function backboneTargets({ ratios, variants }: BackboneSummary): Target[] {
  const ofRatios = RATIOS.flatMap(({ workload, against, atLeast }) => {
    const ratio = ratios.find((candidate) => candidate.workload === workload && candidate.against === against);
    if (ratio === undefined) return [];
    const text = `ratio ${workload} ${against}`;
    return [{ text, wanted: `≥ ${atLeast}`, found: ratio.median, isMet: ratio.median >= atLeast }];
  });
  const ofFigures = FIGURES.flatMap(({ comparison, quantity, atMost, unit }) => {
    const found = variants.find((each) => each.comparison === comparison && each.variant === 'throughline')?.[quantity]?.median;
    if (found === undefined) return [];
    return [{ text: `${comparison} throughline, ${unit}`, wanted: `≤ ${atMost}`, found, isMet: found <= atMost }];
  });
  return [...ofRatios, ...ofFigures];
}
