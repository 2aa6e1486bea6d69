import { createSeededRandom } from './seeded-random.ts';

describe('createSeededRandom', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const numbers = (seed: number) => {
      const random = createSeededRandom(seed);
      return Array.from({ length: 20 }, () => random.between(0, 1_000_000));
    };
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
  });

  it('stays within its bounds and reaches both', () => {
    const random = createSeededRandom(1);
    const numbers = Array.from({ length: 2_000 }, () => random.between(3, 6));
    expect(new Set(numbers)).toEqual(new Set([3, 4, 5, 6]));
    expect(random.isLikely(0)).toBe(false);
    expect(random.isLikely(1)).toBe(true);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
