import type { Clock } from '../clock.ts';

const SLICES = 10;

interface Slice {
  readonly startMs: number;
  successes: number;
  readonly failures: Map<string, { tries: number; readonly keys: Set<string> }>;
}

/** What was tried within the last so many milliseconds, kept in tenths of them. */
export class FailureWindow {
  readonly #sliceMs: number;
  readonly #clock: Pick<Clock, 'nowMs'>;
  #slices: Slice[] = [];

  constructor(windowMs: number, clock: Pick<Clock, 'nowMs'>) {
    this.#sliceMs = windowMs / SLICES;
    this.#clock = clock;
  }

  succeeded(tries: number): void {
    this.#present().successes += tries;
  }

  failed(dependency: string, key: string): void {
    const { failures } = this.#present();
    let failed = failures.get(dependency);
    if (failed === undefined) {
      failed = { tries: 0, keys: new Set() };
      failures.set(dependency, failed);
    }
    failed.tries += 1;
    failed.keys.add(key);
  }

  /** `tries`: those that failed at the dependency, and all that went well. */
  figures(dependency: string): { readonly failures: number; readonly failedKeys: number; readonly tries: number } {
    this.#present();
    let failures = 0;
    let successes = 0;
    const keys = new Set<string>();
    for (const slice of this.#slices) {
      successes += slice.successes;
      const failed = slice.failures.get(dependency);
      failures += failed?.tries ?? 0;
      for (const key of failed?.keys ?? []) keys.add(key);
    }
    return { failures, failedKeys: keys.size, tries: failures + successes };
  }

  forget(): void {
    this.#slices = [];
  }

  #present(): Slice {
    const nowMs = this.#clock.nowMs();
    const last = this.#slices.at(-1);
    if (last !== undefined && nowMs - last.startMs < this.#sliceMs) return last;
    const oldest = nowMs - this.#sliceMs * SLICES;
    this.#slices = this.#slices.filter(({ startMs }) => startMs > oldest);
    const slice: Slice = { startMs: nowMs, successes: 0, failures: new Map() };
    this.#slices.push(slice);
    return slice;
  }
}
