import { median, quantile } from './quantile.ts';

describe('quantile', () => {
  it.each<[readonly number[], number, number]>([
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 2, 3], 0.5, 2.5],
    [[10, 20], 0.99, 19.9],
    [[7], 0.99, 7],
  ])('of %j at %d is %d', (values, q, expected) => {
    expect(quantile(values, q)).toBeCloseTo(expected, 9);
  });

  it('is NaN for no values', () => {
    expect(median([])).toBeNaN();
  });
});
