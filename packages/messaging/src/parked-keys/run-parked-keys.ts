import { type Clock, waitFor } from '../clock.ts';
import type { ParkedHead, ParkingLot } from '../parking-lot.ts';
import type { HeadResult } from './try-parked-head.ts';

export interface ParkedKeysOptions {
  readonly group: string;
  readonly parking: Pick<ParkingLot<never>, 'takeDue' | 'nextDueAtMs' | 'giveBack'>;
  readonly tryHead: (head: ParkedHead, signal: AbortSignal) => Promise<HeadResult>;
  readonly clock: Clock;
  /** Keys tried at once. */
  readonly concurrency: number;
  /** Nobody else tries a head for so long after it was taken, milliseconds. */
  readonly leaseMs: number;
  readonly onError: (error: unknown) => void;
}

/** Tries the heads of blocked keys when they are due, for as long as this member works. */
export interface ParkedKeysRunner {
  /** Something was parked, or made due. */
  wake(): void;
  /** Begins nothing new; what is in work is aborted after the time. */
  stop(deadlineMs: number): Promise<void>;
}

/** Heads that others parked, and decisions of people, are seen this late, milliseconds. */
const POLL_MS = 1000;
/** Records of one key in a row: what is due of others is taken before the rest. */
const LONGEST_RUN = 100;
/** After a store was away. */
const LONGEST_PAUSE_MS = 10_000;

export function runParkedKeys(options: ParkedKeysOptions): ParkedKeysRunner {
  return new Runner(options);
}

class Runner implements ParkedKeysRunner {
  readonly #options: ParkedKeysOptions;
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  readonly #running: Promise<void>;
  #nudge = new AbortController();
  #failures = 0;

  constructor(options: ParkedKeysOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  wake(): void {
    this.#nudge.abort();
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#stopping.abort();
    this.#nudge.abort();
    const cancel = this.#options.clock.after(deadlineMs, () => this.#aborting.abort());
    await this.#running;
    cancel();
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#nudge = new AbortController();
      const delayMs = await this.#round();
      if (!this.#stopping.signal.aborted) await waitFor(this.#options.clock, delayMs, this.#nudge.signal);
    }
  }

  /** How long to wait until the next. */
  async #round(): Promise<number> {
    const { group, parking, concurrency, leaseMs, clock, onError } = this.#options;
    try {
      const heads = await parking.takeDue(group, { limit: concurrency, leaseMs });
      const results = await Promise.all(heads.map((head) => this.#follow(head)));
      if (results.includes('systemic')) return this.#pauseMs();
      this.#failures = 0;
      if (heads.length > 0) return 0;
      const dueAtMs = await parking.nextDueAtMs(group);
      return Math.min(POLL_MS, Math.max(0, (dueAtMs ?? Number.POSITIVE_INFINITY) - clock.nowMs()));
    } catch (error) {
      onError(error);
      return this.#pauseMs();
    }
  }

  /** A key from its head on, until one fails, nothing waits any more, or it is the others' turn. */
  async #follow(first: ParkedHead): Promise<HeadResult['outcome']> {
    let head = first;
    for (let tried = 0; ; tried += 1) {
      if (this.#stopping.signal.aborted || tried === LONGEST_RUN) return this.#leave(head);
      const result = await this.#options.tryHead(head, this.#aborting.signal);
      if (result.outcome !== 'released' || result.next === undefined) return result.outcome;
      head = result.next;
    }
  }

  async #leave(head: ParkedHead): Promise<'waits'> {
    // Not thrown: the other keys in work are waited for. A lot that is away keeps the head taken until its lease is over.
    await this.#options.parking.giveBack(head, this.#options.clock.nowMs()).catch(this.#options.onError);
    return 'waits';
  }

  #pauseMs(): number {
    this.#failures += 1;
    return Math.min(LONGEST_PAUSE_MS, POLL_MS * 2 ** (this.#failures - 1));
  }
}
