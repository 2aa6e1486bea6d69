import type { Clock } from '@throughline/messaging';

/** A clock whose time passes only when it is told to. */
export interface VirtualClock extends Clock {
  /** Jumps to the next time somebody waits for, and calls them. False when nobody waits. */
  jump(): boolean;
}

interface Timer {
  readonly atMs: number;
  readonly action: () => void;
}

export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs;
  const timers = new Set<Timer>();
  return {
    nowMs: () => nowMs,
    after: (delayMs, action) => {
      const timer = { atMs: nowMs + Math.max(0, delayMs), action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    jump: () => {
      let next: Timer | undefined;
      for (const timer of timers) if (next === undefined || timer.atMs < next.atMs) next = timer;
      if (next === undefined) return false;
      timers.delete(next);
      nowMs = Math.max(nowMs, next.atMs);
      next.action();
      return true;
    },
  };
}
