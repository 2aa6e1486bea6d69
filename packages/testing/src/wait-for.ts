import { setTimeout as delay } from 'node:timers/promises';

/** How long a condition is waited for and what it is called when it never comes true. */
export interface WaitForOptions {
  /** Default 15,000 ms. */
  readonly timeoutMs?: number;
  /** Pause between two looks, default 25 ms. */
  readonly intervalMs?: number;
  /** Completes the sentence "gave up waiting for …". */
  readonly description: string;
}

/**
 * Looks at a condition until it holds, and resolves with its value: anything but false, null and undefined ends
 * the wait. A rejection counts as "not yet".
 *
 * @example
 * const row = await waitFor(() => findSentRow(eventId), { description: 'the sent row' });
 * @throws {Error} at the deadline, with the last rejection as its cause.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 15_000, intervalMs = 25, description }: WaitForOptions,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  do {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value as NonNullable<Exclude<T, false>>;
    } catch (error) {
      lastError = error;
    }
    await delay(intervalMs);
  } while (performance.now() < deadline);
  throw new Error(`gave up waiting for ${description} after ${timeoutMs} ms`, { cause: lastError });
}
