import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from './stack-error.ts';

/** How a condition is waited for. */
export interface PollOptions {
  /** True once the awaited state is there; a rejection counts as "not yet". */
  readonly probe: () => Promise<boolean>;
  readonly timeoutMs: number;
  /** Pause between two probes, default 100 ms. */
  readonly intervalMs?: number;
  /** What is waited for, used in the error's message. */
  readonly description: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Probes until the condition holds.
 * @throws {StackError} NOT_READY when the deadline passes, ABORTED when the signal fires.
 */
export async function pollUntil({ probe, timeoutMs, intervalMs = 100, description, signal }: PollOptions): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  while (performance.now() < deadline) {
    if (signal?.aborted) throw new StackError('ABORTED', `gave up waiting for ${description}`, { cause: signal.reason });
    try {
      if (await probe()) return;
    } catch (error) {
      lastError = error;
    }
    await delay(intervalMs);
  }
  throw new StackError('NOT_READY', `${description}: not there after ${timeoutMs / 1000} s`, { cause: lastError });
}
