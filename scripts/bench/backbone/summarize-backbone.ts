import { median } from '../quantile.ts';
import type { Comparison, Measurement, Quantity, RatioSpec } from './measurement.ts';

/** The middle of the rounds, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface VariantSummary {
  readonly comparison: string;
  readonly variant: string;
  readonly eventsPerSecond: Spread;
  readonly cpuUsPerEvent?: Spread;
  readonly p50Ms?: Spread;
  readonly p99Ms?: Spread;
  /** Runs that had to be repeated, and rounds without a run that counts. */
  readonly repeats: number;
  readonly invalidRounds: number;
}

export interface Ratio extends Spread {
  readonly workload: string;
  readonly against: string;
}

export interface BackboneSummary {
  readonly ratios: readonly Ratio[];
  readonly variants: readonly VariantSummary[];
}

/** Medians over the rounds that count; a ratio is that of the same round, because what disturbs a round disturbs both. */
export function summarizeBackbone(comparisons: readonly Comparison[], measurements: readonly Measurement[]): BackboneSummary {
  const of = (comparison: string, variant: string) =>
    measurements.filter((measurement) => measurement.comparison === comparison && measurement.variant === variant);
  const variants = comparisons.flatMap(({ name, variants: all }) =>
    all.map((variant) => summarizeVariant(name, variant.name, of(name, variant.name))),
  );
  const ratios = comparisons.flatMap(({ name, ratios: specs }) =>
    specs.flatMap((spec) => ratioOf(spec, of(name, spec.of), of(name, spec.against))),
  );
  return { ratios, variants };
}

function summarizeVariant(comparison: string, variant: string, runs: readonly Measurement[]): VariantSummary {
  const valid = runs.filter(({ faults }) => faults.length === 0);
  const optional = (quantity: Exclude<Quantity, 'eventsPerSecond'>) => {
    const values = valid.flatMap((run) => run[quantity] ?? []);
    return values.length === 0 ? {} : { [quantity]: spreadOf(values) };
  };
  return {
    comparison,
    variant,
    eventsPerSecond: spreadOf(valid.map(({ eventsPerSecond }) => eventsPerSecond)),
    ...optional('cpuUsPerEvent'),
    ...optional('p50Ms'),
    ...optional('p99Ms'),
    repeats: runs.reduce((sum, { repeats }) => sum + repeats, 0),
    invalidRounds: runs.length - valid.length,
  };
}

function ratioOf(spec: RatioSpec, ours: readonly Measurement[], theirs: readonly Measurement[]): Ratio[] {
  const { workload, against, quantity = 'eventsPerSecond' } = spec;
  const values = ours.flatMap((our) => {
    const their = theirs.find(({ round }) => round === our.round);
    if (their === undefined || our.faults.length > 0 || their.faults.length > 0) return [];
    const [mine, other] = [our[quantity] ?? Number.NaN, their[quantity] ?? Number.NaN];
    // Fewer milliseconds are better, more events are.
    return quantity === 'eventsPerSecond' ? [mine / other] : [other / mine];
  });
  return values.length === 0 ? [] : [{ workload, against, ...spreadOf(values) }];
}

function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
