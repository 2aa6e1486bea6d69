import type { OrderTarget } from '../../load/order-request.ts';
import type { RateRun } from './run-at-rate.ts';

export type IntakeTargetName = 'intake-api' | 'through-edge' | 'plain-express';

/** Who is measured, and whose processor time counts: of the api also behind the edge. */
export interface IntakeTarget {
  readonly name: IntakeTargetName;
  readonly target: OrderTarget;
  readonly pid: number;
}

/** One run of one target. */
export interface ComparedRun extends RateRun {
  readonly round: number;
  readonly target: IntakeTargetName;
}

export interface CompareOptions {
  readonly targets: readonly IntakeTarget[];
  readonly rounds: number;
  readonly measure: (target: IntakeTarget) => Promise<RateRun>;
  /** Resolves when nothing is left to do behind the answers. */
  readonly settle: () => Promise<void>;
  readonly onMeasured: (run: ComparedRun) => void;
}

/** Runs all targets in turn, round by round, every other round the other way round: what drifts on the machine meets all alike. */
export async function compareTargets(options: CompareOptions): Promise<ComparedRun[]> {
  const { targets, rounds, measure, settle, onMeasured } = options;
  const runs: ComparedRun[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const target of round % 2 === 1 ? targets : targets.toReversed()) {
      const run = { round, target: target.name, ...(await measure(target)) };
      runs.push(run);
      onMeasured(run);
      await settle();
    }
  }
  return runs;
}
