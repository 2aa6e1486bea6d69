import { FetchPace } from './fetch-pace.ts';

describe('FetchPace', () => {
  it('asks for whatever there is, and waits shortly while a partition may go on', () => {
    const pace = new FetchPace();
    expect([pace.minBytes, pace.waitMs]).toEqual([1, 200]);
    pace.isBrief = true;
    expect([pace.minBytes, pace.waitMs]).toEqual([1, 20]);
  });

  it('lets the broker gather for as long as records may linger, and no longer', () => {
    const pace = new FetchPace(50);
    expect(pace.minBytes).toBeGreaterThan(50_000);
    expect(pace.waitMs).toBe(50);
    pace.isBrief = true;
    expect(pace.waitMs).toBe(20);
    const short = new FetchPace(5);
    short.isBrief = true;
    expect(short.waitMs).toBe(5);
  });

  it('ends a rest when it is woken', async () => {
    const pace = new FetchPace();
    const begunAt = performance.now();
    const rest = pace.rest();
    pace.wake();
    await rest;
    expect(performance.now() - begunAt).toBeLessThan(150);
  });
});
