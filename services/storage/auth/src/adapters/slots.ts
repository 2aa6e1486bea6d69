/** Thrown by `run` when as many wait as may wait. */
export class SlotsExhausted extends Error {
  constructor() {
    super('too many callers are waiting');
    this.name = 'SlotsExhausted';
  }
}

/** Lets a bounded number of pieces of work run at once; the rest waits in order. */
export interface Slots {
  /** @throws {SlotsExhausted} at once when `maxWaiting` wait already. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * @param size pieces of work that run side by side.
 * @param maxWaiting callers that may queue behind them; a bound on memory and on waiting time.
 */
export function createSlots({ size, maxWaiting }: { size: number; maxWaiting: number }): Slots {
  const waiting: Array<() => void> = [];
  let free = size;

  const take = (): Promise<void> | void => {
    if (free > 0) {
      free -= 1;
      return;
    }
    if (waiting.length >= maxWaiting) throw new SlotsExhausted();
    return new Promise((resolve) => waiting.push(resolve));
  };
  const giveBack = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };

  return {
    async run(work) {
      await take();
      try {
        return await work();
      } finally {
        giveBack();
      }
    },
  };
}
