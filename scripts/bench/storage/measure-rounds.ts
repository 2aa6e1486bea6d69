import { runLoad } from './run-load.ts';
import type { Target, TargetName } from './targets.ts';
import { nameTemplate, type Workload } from './workloads.ts';

/** One run of one workload at one target. */
export interface Measurement {
  readonly round: number;
  readonly workload: string;
  readonly target: TargetName;
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly generatorCpu: number;
}

export interface MeasureOptions {
  readonly targets: readonly Target[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Called after each run; resolves when the target has nothing left to do behind its answers. */
  readonly settle: (target: Target, workload: Workload) => Promise<void>;
  readonly onMeasured: (measurement: Measurement) => void;
}

/** Measures every workload at every target, round by round, each round beginning with another target: what drifts on the machine meets all alike. */
export async function measureRounds(options: MeasureOptions): Promise<Measurement[]> {
  const { targets, workloads, rounds, warmUpMs, durationMs, settle, onMeasured } = options;
  const measurements: Measurement[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const workload of workloads) {
      for (const target of rotate(targets, round)) {
        const { requestsPerSecond, requests, medianMs, p99Ms, generatorCpu } = await runLoad({
          host: target.host,
          port: target.port,
          method: workload.method,
          pathTemplate: target.pathPrefix + nameTemplate(workload),
          distinct: workload.distinct,
          ...(target.token === undefined ? {} : { token: target.token }),
          objectBytes: workload.objectBytes,
          connections: workload.connections,
          warmUpMs,
          durationMs,
        });
        const seen = { requestsPerSecond, requests, medianMs, p99Ms, generatorCpu };
        const measurement = { round: round + 1, workload: workload.name, target: target.name, ...seen };
        measurements.push(measurement);
        onMeasured(measurement);
        await settle(target, workload);
      }
    }
  }
  return measurements;
}

function rotate<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
