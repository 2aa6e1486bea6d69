import { openWindow, runAtRate } from './measuring-window.ts';

describe('openWindow', () => {
  it('counts from the end of the warm-up to the last event', async () => {
    const window = openWindow({ warmUpEvents: 10, totalEvents: 30 });
    window.add(7);
    window.add(5);
    window.add(20);
    await expect(window.report).resolves.toMatchObject({ events: 20, hasRebalanced: false });
  });

  it('knows a rebalance in the window from one before it', async () => {
    const calm = openWindow({ warmUpEvents: 1, totalEvents: 2 });
    calm.noteRebalance();
    calm.add(1);
    calm.add(1);
    const disturbed = openWindow({ warmUpEvents: 1, totalEvents: 2 });
    disturbed.add(1);
    disturbed.noteRebalance();
    disturbed.add(1);
    expect((await calm.report).hasRebalanced).toBe(false);
    expect((await disturbed.report).hasRebalanced).toBe(true);
  });
});

describe('runAtRate', () => {
  beforeEach(() => void import.meta.jest.useFakeTimers());
  afterEach(() => void import.meta.jest.useRealTimers());

  it('keeps the rate, and reports when the last event is handled', async () => {
    let put = 0;
    const run = runAtRate({ eventsPerSecond: 1_000, warmUpMs: 20, durationMs: 100 }, () => {
      const id = String(put);
      put += 1;
      setTimeout(() => run.noteCommitted(id), 2);
      // As in life, either may be seen first.
      setTimeout(() => run.noteHandled(id), put % 4 === 0 ? 1 : 5);
    });
    await import.meta.jest.advanceTimersByTimeAsync(200);
    const report = await run.report;
    expect(put).toBeGreaterThanOrEqual(119);
    expect(put).toBeLessThanOrEqual(121);
    expect(report.events).toBeGreaterThanOrEqual(98);
    expect(report.events).toBeLessThanOrEqual(101);
    // A quarter is seen handled first: that is no time at all.
    expect([report.p50Ms, report.p99Ms]).toEqual([3, 3]);
    expect(report.backlog?.end).toBeLessThanOrEqual(6);
  });
});
