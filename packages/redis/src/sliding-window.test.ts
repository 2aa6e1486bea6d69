import fc from 'fast-check';
import { consumeFromWindow, type WindowState } from './sliding-window.ts';

const rate = { limit: 10, windowMs: 1_000 };

function consumeMany(times: readonly number[]) {
  let state: WindowState | undefined;
  return times.map((nowMs) => {
    const decision = consumeFromWindow(state, rate, nowMs);
    state = decision.state;
    return decision;
  });
}

it('lets exactly the limit through in one window', () => {
  const decisions = consumeMany(new Array<number>(12).fill(500));
  expect(decisions.map(({ isAllowed }) => isAllowed)).toEqual([...new Array(10).fill(true), false, false]);
  expect(decisions.map(({ remaining }) => remaining)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]);
});

it('counts the former window by the share that is still covered', () => {
  const later = consumeMany([...new Array<number>(10).fill(999), ...new Array<number>(10).fill(1_500)]).slice(10);
  expect(later.filter(({ isAllowed }) => isAllowed)).toHaveLength(5);
});

it('has forgotten a window that is long past', () => {
  const later = consumeMany([...new Array<number>(10).fill(0), ...new Array<number>(10).fill(2_000)]).slice(10);
  expect(later.every(({ isAllowed }) => isAllowed)).toBe(true);
});

it('names the earliest time at which a refused call is let through', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(gaps, (gapsMs) => {
      let nowMs = 0;
      const times = gapsMs.map((gap) => (nowMs += gap));
      const last = consumeMany(times).at(-1);
      if (last === undefined || last.isAllowed) return;
      expect(consumeFromWindow(last.state, rate, nowMs + last.retryAfterMs + 1).isAllowed).toBe(true);
      if (last.retryAfterMs > 2) expect(consumeFromWindow(last.state, rate, nowMs + last.retryAfterMs - 2).isAllowed).toBe(false);
    }),
  );
});
