import type { Clock } from '../clock.ts';
import { backOffMs } from './back-off.ts';

export interface StartGateOptions {
  /** How many may be in work when all is well. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Called when a wait is over. */
  readonly onOpen: () => void;
}

/** Longest time without a probe: how late the end of an outage may be noticed. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * How many chunks may be in work, and of how many records. A rejection says that a store or the broker is away: nothing begins for a while, then one record as a probe,
 * and with each chunk that ends well twice as many as before. So an outage does not burn through everything that waits.
 */
export class StartGate {
  readonly #options: StartGateOptions;
  #limit: number;
  #chunkLimit = Number.POSITIVE_INFINITY;
  #isShut = false;
  #pauses = 0;
  #round = 0;
  #inRound = 0;

  constructor(options: StartGateOptions) {
    this.#options = options;
    this.#limit = options.concurrency;
  }

  /** @param inFlight all that are in work, also those that began before the last pause */
  allows(inFlight: number): boolean {
    return !this.#isShut && this.#inRound < this.#limit && inFlight < this.#options.concurrency;
  }

  /** Records that a chunk may have now, at least one: otherwise nothing would ever begin. @param max when all is well */
  chunkSize(max: number): number {
    if (this.#chunkLimit < max) return this.#chunkLimit;
    this.#chunkLimit = Number.POSITIVE_INFINITY;
    return Math.max(1, max || 1);
  }

  /** @returns the round, which each pause ends; what began in one that is over is no news when it ends. */
  begun(): number {
    this.#inRound += 1;
    return this.#round;
  }

  succeeded(round: number): void {
    if (round !== this.#round) return;
    this.#inRound -= 1;
    const { concurrency } = this.#options;
    this.#limit = Math.min(concurrency, this.#limit * 2);
    this.#chunkLimit *= 2;
    if (this.#limit === concurrency) this.#pauses = 0;
  }

  rejected(round: number): void {
    if (round !== this.#round) return;
    const { clock, random, onOpen } = this.#options;
    this.#round += 1;
    this.#inRound = 0;
    this.#pauses += 1;
    this.#limit = 1;
    this.#chunkLimit = 1;
    this.#isShut = true;
    clock.after(Math.min(LONGEST_PAUSE_MS, backOffMs(this.#pauses, random)), () => {
      this.#isShut = false;
      onOpen();
    });
  }

  /** Ended without telling anything: its assignment was lost. */
  dropped(round: number): void {
    if (round === this.#round) this.#inRound -= 1;
  }
}
