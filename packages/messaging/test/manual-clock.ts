import type { Clock } from '../src/clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass: runs what falls due, in order. */
  advance(ms: number): Promise<void>;
}

/** Time that passes only when a test says so. */
export function createManualClock(startMs = 1_000_000): ManualClock {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly action: () => void }>();
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    nowMs: () => nowMs,
    after: (delayMs, action) => {
      const timer = { atMs: nowMs + Math.max(0, delayMs), action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: async (ms) => {
      const endMs = nowMs + ms;
      for (;;) {
        const next = [...timers].sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > endMs) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.action();
        await settle();
      }
      nowMs = endMs;
      await settle();
    },
  };
}
