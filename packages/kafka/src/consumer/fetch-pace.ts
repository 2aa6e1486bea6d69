/** A fetch waits this long for data. */
const FETCH_WAIT_MS = 200;
/** The same while a partition rests that may soon go on: what is resumed during a fetch is in the next one only. */
const SHORT_FETCH_WAIT_MS = 20;

/** How long fetches of one consumer wait, and its rest while there is nothing to fetch. */
export class FetchPace {
  readonly #resting = new Set<() => void>();
  /** A partition is paused and may be resumed any time. */
  isBrief = false;

  get waitMs(): number {
    return this.isBrief ? SHORT_FETCH_WAIT_MS : FETCH_WAIT_MS;
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
