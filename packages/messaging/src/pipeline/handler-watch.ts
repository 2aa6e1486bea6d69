import { EventError } from '@throughline/events';
import type { Clock } from '../clock.ts';

export interface HandlerWatchOptions {
  readonly clock: Clock;
  readonly handlerTimeoutMs: number;
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
  #cancel = () => {};

  constructor(options: HandlerWatchOptions) {
    this.#options = options;
    options.outer.addEventListener('abort', this.#onAbort, { once: true });
    if (options.outer.aborted) this.#onAbort();
    else this.#arm(options.handlerTimeoutMs);
  }

  /** Aborts with the transaction's end in sight. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Rejects as soon as time is over or the result would be thrown away, also when the handler does not listen to its signal. */
  async run(subject: string, work: () => Promise<void>): Promise<void> {
    this.#subject = subject;
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

  #arm(delayMs: number): void {
    this.#cancel = this.#options.clock.after(delayMs, () => {
      const leftMs = this.#begunAtMs + this.#options.handlerTimeoutMs - this.#options.clock.nowMs();
      if (leftMs > 0) this.#arm(leftMs);
      else this.#stop('HANDLER_TIMEOUT', `Handler of ${this.#subject} took longer than ${this.#options.handlerTimeoutMs} ms`);
    });
  }

  #stop(code: 'HANDLER_TIMEOUT' | 'SHUTTING_DOWN', message: string): void {
    const error = new EventError(code, message, { retryable: true });
    this.#stopped ??= error;
    this.#controller.abort(error);
    this.#onStopped(error);
  }
}
