import { EventError } from '@throughline/events';
import type { Clock } from '../clock.ts';

export interface HandlerWatchOptions {
  readonly clock: Clock;
  readonly handlerTimeoutMs: number;
  /** A handler that others wait for is given up after this time; not above the timeout. (Default: nobody waits) */
  readonly slowHandlerMs?: number;
  /** Aborts when the result would be thrown away. */
  readonly outer: AbortSignal;
}

/**
 * Watches over the handlers of one transaction, called one after the other: each has its time, and all stop when the result would be thrown away. One timer for all of them: it
 * is looked at again when it fires, since starting one for each event costs more than most handlers.
 */
export class HandlerWatch {
  readonly #options: HandlerWatchOptions;
  readonly #controller = new AbortController();
  #stopped: EventError | undefined;
  #onStopped: (error: EventError) => void = () => {};
  readonly #onAbort = () => this.#stop('SHUTTING_DOWN', `Handler of ${this.#subject} was stopped`);
  #subject = '';
  #begunAtMs = 0;
  #limitMs = 0;
  #isSlow = false;
  #cancel = () => {};

  constructor(options: HandlerWatchOptions) {
    this.#options = options;
    options.outer.addEventListener('abort', this.#onAbort, { once: true });
    if (options.outer.aborted) this.#onAbort();
    else this.#arm(this.#lookAfterMs);
  }

  /** Aborts with the transaction's end in sight. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the handlers were stopped because one kept the others waiting. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** Rejects as soon as time is over or the result would be thrown away, also when the handler does not listen to its signal. */
  async run(subject: string, work: () => Promise<void>, { mayBeSlow = true } = {}): Promise<void> {
    this.#subject = subject;
    this.#limitMs = mayBeSlow ? this.#options.handlerTimeoutMs : this.#lookAfterMs;
    this.#begunAtMs = this.#options.clock.nowMs();
    if (this.#stopped !== undefined) throw this.#stopped;
    // Promise.race over one promise for all costs several times this.
    await new Promise<void>((resolve, reject) => {
      this.#onStopped = reject;
      work().then(resolve, reject);
    });
  }

  close(): void {
    this.#cancel();
    this.#options.outer.removeEventListener('abort', this.#onAbort);
  }

  /** No limit is shorter. */
  get #lookAfterMs(): number {
    const { handlerTimeoutMs, slowHandlerMs = handlerTimeoutMs } = this.#options;
    return Math.min(slowHandlerMs, handlerTimeoutMs);
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#options.clock.after(delayMs, () => {
      const leftMs = this.#begunAtMs + this.#limitMs - this.#options.clock.nowMs();
      if (leftMs > 0) return this.#arm(Math.min(leftMs, this.#lookAfterMs));
      this.#isSlow = this.#limitMs < this.#options.handlerTimeoutMs;
      this.#stop('HANDLER_TIMEOUT', `Handler of ${this.#subject} took longer than ${this.#limitMs} ms`);
    });
  }

  #stop(code: 'HANDLER_TIMEOUT' | 'SHUTTING_DOWN', message: string): void {
    const error = new EventError(code, message, { retryable: true });
    this.#stopped ??= error;
    this.#controller.abort(error);
    this.#onStopped(error);
  }
}
