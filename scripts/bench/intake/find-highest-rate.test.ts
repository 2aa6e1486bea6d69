import { findHighestRate } from './find-highest-rate.ts';

/** A machine that holds up to a limit, and for longer up to another. */
async function search({ limit, lasting = limit, refinements = 6 }: { limit: number; lasting?: number; refinements?: number }) {
  const tried: number[] = [];
  const confirmed: number[] = [];
  const found = await findHighestRate({
    first: 400,
    growth: 1.5,
    refinements,
    holds: async (rate) => {
      tried.push(rate);
      return rate <= limit;
    },
    confirms: async (rate) => {
      confirmed.push(rate);
      return rate <= lasting;
    },
  });
  return { found, tried, confirmed };
}

describe('findHighestRate', () => {
  it('goes up in steps, then closer', async () => {
    const { found, tried } = await search({ limit: 1_234 });
    expect(tried.slice(0, 4)).toEqual([400, 600, 900, 1_350]);
    expect(found).toBeGreaterThan(1_200);
    expect(found).toBeLessThanOrEqual(1_234);
  });

  it('looks no closer than it is told', async () => {
    expect((await search({ limit: 1_234, refinements: 1 })).tried).toEqual([400, 600, 900, 1_350, 1_100]);
  });

  it('goes down until a rate is confirmed for longer', async () => {
    const { found, confirmed } = await search({ limit: 1_234, lasting: 1_100 });
    expect(confirmed.length).toBeGreaterThan(1);
    expect(found).toBe(confirmed.at(-1));
    expect(found).toBeLessThanOrEqual(1_100);
    expect(found).toBeGreaterThan(1_000);
  });

  it('goes below the first rate where that does not hold', async () => {
    expect((await search({ limit: 150 })).found).toBeLessThanOrEqual(150);
  });

  it('says so when nothing holds', async () => {
    await expect(search({ limit: 0 })).rejects.toThrow('no rate holds');
  });
});
