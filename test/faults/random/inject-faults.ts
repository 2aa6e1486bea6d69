import { setTimeout as delay } from 'node:timers/promises';
import { CONNECTION_FAULTS, type Fault, type FaultTargets, PROCESS_FAULTS, STORE_FAULTS } from './fault-kinds.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';

export interface InjectOptions {
  readonly targets: FaultTargets;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told of each fault when it is healed. */
  readonly onFault: (line: string) => void;
  /** Told when a fault could not be done; the run goes on. */
  readonly onFailure: (line: string) => void;
}

const QUIET_MS = [300, 3_000] as const;

/**
 * Two series of faults side by side until the signal, so that one may fall into another: to processes, and to stores and connections.
 * Resolves with how many there were of each kind, when all are healed.
 */
export async function injectFaults(options: InjectOptions): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const stores = options.targets.stage.restart === undefined ? {} : STORE_FAULTS;
  const series: readonly Readonly<Record<string, Fault>>[] = [PROCESS_FAULTS, { ...CONNECTION_FAULTS, ...stores }];
  await Promise.all(
    series.map((faults, index) => injectSeries(faults, { ...options, counts, random: createSeededRandom(options.seed + index) })),
  );
  return counts;
}

async function injectSeries(
  faults: Readonly<Record<string, Fault>>,
  options: InjectOptions & { readonly counts: Map<string, number>; readonly random: SeededRandom },
): Promise<void> {
  const { targets, signal, onFault, onFailure, counts, random } = options;
  while (!signal.aborted) {
    await delay(random.between(...QUIET_MS), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const kind = random.pick(Object.keys(faults));
    const startedAtMs = performance.now();
    try {
      const whom = await faults[kind]?.(targets, random);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      onFault(`${kind}: ${whom}, ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`);
    } catch (error) {
      onFailure(`${kind}: ${(error as Error).message}`);
    }
  }
}
