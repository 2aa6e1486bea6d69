import { median } from '../quantile.ts';
import type { ComparedRun, IntakeTargetName } from './compare-targets.ts';
import type { RateRun } from './run-at-rate.ts';

/** One target's medians over the rounds. */
export interface TargetSummary {
  readonly target: IntakeTargetName;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly cpuUsPerRequest: number;
}

/** How much less of something ours takes than the other: above 1, ours is better. The median of the rounds' ratios, because what disturbs a round disturbs both. */
export interface IntakeRatio {
  readonly workload: string;
  readonly against: IntakeTargetName;
  readonly value: number;
}

export interface IntakeTargetLine {
  readonly text: string;
  readonly wanted: string;
  readonly found: number;
  readonly isMet: boolean;
}

export interface IntakeSummary {
  readonly highestRate: number;
  /** At which the targets were compared. */
  readonly halfRate: number;
  readonly targets: readonly TargetSummary[];
  readonly ratios: readonly IntakeRatio[];
  readonly lines: readonly IntakeTargetLine[];
}

const QUANTITIES = { p50: 'p50Ms', p99: 'p99Ms', cpu: 'cpuUsPerRequest' } as const;
const P99_AT_MOST_MS = 50;

export function summarizeIntake(options: {
  highestRate: number;
  halfRate: number;
  compared: readonly ComparedRun[];
}): IntakeSummary {
  const { highestRate, halfRate, compared } = options;
  const names = [...new Set(compared.map(({ target }) => target))];
  const runsOf = (name: IntakeTargetName) => compared.filter(({ target }) => target === name);
  const targets = names.map((target) => ({ target, ...mediansOf(runsOf(target)) }));
  const ratios = (['intake-api', 'through-edge'] as const).flatMap((our) =>
    Object.entries(QUANTITIES).flatMap(([label, quantity]) =>
      // The edge's own processor time is not counted, so its ratio would be that of the api again.
      our === 'through-edge' && quantity === 'cpuUsPerRequest'
        ? []
        : [
            {
              workload: our === 'intake-api' ? `accept-${label}` : `accept-${label}-through-edge`,
              against: 'plain-express' as const,
              value: ratioOf(runsOf(our), runsOf('plain-express'), quantity),
            },
          ],
    ),
  );
  const p99Ms = targets.find(({ target }) => target === 'intake-api')?.p99Ms ?? Number.NaN;
  const text = 'accept p99 ms at half the highest rate';
  const lines = [{ text, wanted: `≤ ${P99_AT_MOST_MS}`, found: p99Ms, isMet: p99Ms <= P99_AT_MOST_MS }];
  return { highestRate, halfRate, targets, ratios, lines };
}

function mediansOf(runs: readonly RateRun[]): Omit<TargetSummary, 'target'> {
  const of = (quantity: 'p50Ms' | 'p99Ms' | 'maxMs' | 'cpuUsPerRequest') => median(runs.map((run) => run[quantity]));
  return { p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), maxMs: of('maxMs'), cpuUsPerRequest: of('cpuUsPerRequest') };
}

function ratioOf(
  ours: readonly ComparedRun[],
  theirs: readonly ComparedRun[],
  quantity: 'p50Ms' | 'p99Ms' | 'cpuUsPerRequest',
): number {
  return median(
    ours.map((run) => {
      const other = theirs.find(({ round }) => round === run.round);
      return (other?.[quantity] ?? Number.NaN) / run[quantity];
    }),
  );
}
