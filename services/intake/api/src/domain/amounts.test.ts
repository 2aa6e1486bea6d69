import { differingSum, hasCentsAtMost } from './amounts.ts';

describe('an amount', () => {
  it.each([0.01, 0.1, 0.07, 1, 1.1, 19.99, 4.35, 8.2, 1_000_000_000, 999_999_999.99, 123_456_789.01])(
    'of %p has at most two decimals',
    (amount) => {
      expect(hasCentsAtMost(amount)).toBe(true);
    },
  );

  it.each([0.001, 0.005, 1.005, 19.999, 999_999_999.991, 0.1 + 0.2, 1e-9])('of %p has more', (amount) => {
    expect(hasCentsAtMost(amount)).toBe(false);
  });

  it('is found for every number of cents', () => {
    for (let cents = 1; cents < 100_000_000_000; cents += 99_999_989) expect(hasCentsAtMost(cents / 100)).toBe(true);
  });
});

describe('the sum of the items', () => {
  const item = (quantity: number, unitPrice?: number) => ({
    sku: 'lamp',
    quantity,
    ...(unitPrice !== undefined && { unitPrice }),
  });

  it('is not looked at while a price is missing, or without items', () => {
    expect(differingSum(5, [item(1, 100), item(1)])).toBeUndefined();
    expect(differingSum(5, [])).toBeUndefined();
  });

  it('may be the amount to the cent', () => {
    expect(differingSum(0.3, [item(1, 0.1), item(1, 0.2)])).toBeUndefined();
    expect(differingSum(100, [item(4, 12.5), item(1, 50)])).toBeUndefined();
    expect(differingSum(0.33, [item(1_000, 0.00033)])).toBeUndefined();
    expect(differingSum(999_999_999.99, [item(3, 333_333_333.33)])).toBeUndefined();
  });

  it('is told where it is not', () => {
    expect(differingSum(100, [item(4, 12.5), item(1, 50.01)])).toBeCloseTo(100.01);
    expect(differingSum(1, [item(1_000_000, 1_000_000_000)])).toBe(1e15);
    expect(differingSum(999_999_999.99, [item(3, 333_333_333.34)])).toBeCloseTo(1_000_000_000.02);
  });
});
