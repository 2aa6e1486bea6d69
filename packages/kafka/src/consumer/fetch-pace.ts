/** A fetch waits this long for data. */
const FETCH_WAIT_MS = 200;
/** The same while a partition rests that may soon go on: what is resumed during a fetch is in the next one only. */
const SHORT_FETCH_WAIT_MS = 20;
/** So much is worth a fetch whatever it could wait for: some hundred events. */
const FULL_FETCH_BYTES = 128 * 1024;

/** How long fetches of one consumer wait and for how much, and its rest while there is nothing to fetch. */
export class FetchPace {
  readonly #resting = new Set<() => void>();
  readonly #lingerMs: number;
  /** A partition is paused and may be resumed any time. */
  isBrief = false;

  /** @param lingerMs how long what has come may wait for more */
  constructor(lingerMs = 0) {
    this.#lingerMs = lingerMs;
  }

  get waitMs(): number {
    const waitMs = this.#lingerMs > 0 ? this.#lingerMs : FETCH_WAIT_MS;
    return this.isBrief ? Math.min(SHORT_FETCH_WAIT_MS, waitMs) : waitMs;
  }

  /** For which the broker holds a fetch, as long as it may wait. */
  get minBytes(): number {
    return this.#lingerMs > 0 ? FULL_FETCH_BYTES : 1;
  }

  /** Resolves at `wake`, at the latest after the time that a fetch waits. */
  rest(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#resting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, FETCH_WAIT_MS);
      this.#resting.add(end);
    });
  }

  wake(): void {
    for (const end of this.#resting) end();
  }
}
