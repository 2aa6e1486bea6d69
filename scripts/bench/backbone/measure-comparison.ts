import type { Comparison, Measurement, RunResult, Variant } from './measurement.ts';

const MAX_REPEATS = 2;

export interface MeasureOptions {
  readonly rounds: number;
  /** Whether there is time for a run that did not count to be repeated. (Default: always) */
  readonly mayRepeat?: () => boolean;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Runs the variants of a comparison in turn, round by round, every other round the other way round: what drifts on the machine meets all alike. */
export async function measureComparison(comparison: Comparison, options: MeasureOptions): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const rounds = comparison.rounds ?? options.rounds;
  for (let round = 1; round <= rounds; round += 1) {
    const order = round % 2 === 1 ? comparison.variants : comparison.variants.toReversed();
    for (const variant of order) {
      options.signal.throwIfAborted();
      const measurement = {
        comparison: comparison.name,
        variant: variant.name,
        round,
        ...(await measureVariant(variant, options)),
      };
      measurements.push(measurement);
      options.say(lineOf(measurement));
    }
  }
  return measurements;
}

/** A run that does not count is repeated, twice at most. */
async function measureVariant(variant: Variant, { say, signal, mayRepeat = () => true }: MeasureOptions) {
  for (let repeats = 0; ; repeats += 1) {
    const result = await runOrFault(variant, signal);
    if (result.faults.length === 0 || repeats === MAX_REPEATS || signal.aborted || !mayRepeat()) return { repeats, ...result };
    say(`  ${variant.name}: does not count (${result.faults.join('; ')}), again`);
  }
}

/** One run that fails must not cost the others. */
async function runOrFault(variant: Variant, signal: AbortSignal): Promise<RunResult> {
  try {
    return await variant.run();
  } catch (error) {
    if (signal.aborted) throw error;
    return { eventsPerSecond: Number.NaN, faults: [inOneLine(error)] };
  }
}

function inOneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll('\n', ' | ').slice(0, 1_000);
}

function lineOf({ round, comparison, variant, eventsPerSecond, cpuUsPerEvent, p50Ms, p99Ms, faults }: Measurement): string {
  const parts = [
    `round ${round}  ${comparison.padEnd(14)} ${variant.padEnd(26)} ${eventsPerSecond.toFixed(0).padStart(8)} a second`,
    cpuUsPerEvent === undefined ? '' : `${cpuUsPerEvent.toFixed(1).padStart(8)} µs CPU`,
    p50Ms === undefined ? '' : `p50 ${p50Ms.toFixed(1)} ms  p99 ${(p99Ms ?? Number.NaN).toFixed(1)} ms`,
    faults.length === 0 ? '' : `DOES NOT COUNT: ${faults.join('; ')}`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}
