/** Calls counted in the present fixed window and in the one before it. */
export interface WindowState {
  readonly window: number;
  readonly current: number;
  readonly previous: number;
}

export interface WindowDecision {
  readonly isAllowed: boolean;
  /** 0 when allowed. */
  readonly retryAfterMs: number;
  readonly remaining: number;
  readonly state: WindowState;
}

/**
 * Sliding window counter: the former window counts with the share of it that the sliding one still covers.
 * The same arithmetic as the Lua script in rate-limiter.ts; a test holds them together.
 */
export function consumeFromWindow(
  stored: WindowState | undefined,
  rate: { readonly limit: number; readonly windowMs: number },
  nowMs: number,
): WindowDecision {
  const { limit, windowMs } = rate;
  const window = Math.floor(nowMs / windowMs);
  const elapsed = nowMs - window * windowMs;
  const { current, previous } = rollForward(stored, window);
  const used = previous * (1 - elapsed / windowMs) + current;
  if (used + 1 > limit) {
    return {
      isAllowed: false,
      retryAfterMs: waitMs({ current, previous, limit, windowMs, elapsed }),
      remaining: 0,
      state: { window, current, previous },
    };
  }
  return {
    isAllowed: true,
    retryAfterMs: 0,
    remaining: Math.floor(limit - used - 1),
    state: { window, current: current + 1, previous },
  };
}

function rollForward(stored: WindowState | undefined, window: number): { current: number; previous: number } {
  if (stored?.window === window) return stored;
  return { current: 0, previous: stored?.window === window - 1 ? stored.current : 0 };
}

/** Until enough of the former window has slid out; where the present one is full by itself, it must become the former first. */
function waitMs(at: { current: number; previous: number; limit: number; windowMs: number; elapsed: number }): number {
  const { current, previous, limit, windowMs, elapsed } = at;
  const isPresentFull = current + 1 > limit;
  const sliding = isPresentFull ? current : previous;
  const room = isPresentFull ? limit - 1 : limit - 1 - current;
  const until = windowMs * (1 - room / sliding) + (isPresentFull ? windowMs : 0);
  return Math.max(1, Math.ceil(until - elapsed));
}
