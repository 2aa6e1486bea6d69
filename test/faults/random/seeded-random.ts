/** Numbers that are the same for the same seed. */
export interface SeededRandom {
  /** Whole, from `least` up to and with `most`. */
  between(least: number, most: number): number;
  pick<Item>(items: readonly Item[]): Item;
  isLikely(probability: number): boolean;
}

/** Mulberry32: 32 bits of state, enough to choose faults. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    between,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('nothing to pick from');
      return items[between(0, items.length - 1)] as (typeof items)[number];
    },
    isLikely: (probability) => next() < probability,
  };
}
