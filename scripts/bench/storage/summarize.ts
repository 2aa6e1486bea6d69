import { median } from '../quantile.ts';
import type { Measurement } from './measure-rounds.ts';
import type { TargetName } from './targets.ts';

/** One target's median over the rounds. */
export interface Rate {
  readonly workload: string;
  readonly target: TargetName;
  readonly requestsPerSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** How one target does beside another: the median of the rounds' ratios, because what disturbs a round disturbs both. */
export interface Ratio {
  readonly workload: string;
  readonly of: TargetName;
  readonly against: TargetName;
  readonly value: number;
}

export interface Summary {
  readonly rates: readonly Rate[];
  readonly ratios: readonly Ratio[];
}

/** Medians of each workload and target, and the ratios of ours to the others'. */
export function summarize(measurements: readonly Measurement[]): Summary {
  const workloads = [...new Set(measurements.map(({ workload }) => workload))];
  const targets = [...new Set(measurements.map(({ target }) => target))];
  const of = (workload: string, target: TargetName) =>
    measurements.filter((measurement) => measurement.workload === workload && measurement.target === target);
  const rates = workloads.flatMap((workload) =>
    targets.map((target) => {
      const runs = of(workload, target);
      return {
        workload,
        target,
        requestsPerSecond: median(runs.map(({ requestsPerSecond }) => requestsPerSecond)),
        medianMs: median(runs.map(({ medianMs }) => medianMs)),
        p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
      };
    }),
  );
  const others = targets.filter((target) => target === 'plain-express' || target === 'nginx');
  const ours = targets.filter((target) => target === 'service' || target === 'edge');
  const ratios = workloads.flatMap((workload) =>
    ours.flatMap((our) =>
      others.map((against) => ({ workload, of: our, against, value: ratioOf(of(workload, our), of(workload, against)) })),
    ),
  );
  return { rates, ratios };
}

function ratioOf(ours: readonly Measurement[], theirs: readonly Measurement[]): number {
  return median(
    ours.map(({ round, requestsPerSecond }) => {
      const other = theirs.find((measurement) => measurement.round === round);
      return requestsPerSecond / (other?.requestsPerSecond ?? Number.NaN);
    }),
  );
}
