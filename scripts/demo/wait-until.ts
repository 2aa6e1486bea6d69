import { setTimeout as delay } from 'node:timers/promises';

/** Looks until `look` gives something, and returns it. @throws {Error} naming what was waited for when `timeoutMs` (default 30 000) is over. */
export async function waitUntil<Value>(
  description: string,
  look: () => Promise<Value | undefined>,
  timeoutMs = 30_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${description} after ${timeoutMs / 1_000} s`);
    await delay(50);
  }
}
