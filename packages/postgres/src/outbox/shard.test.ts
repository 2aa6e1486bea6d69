import { shardOf } from './shard.ts';

it('never moves a key to another shard', () => {
  expect([shardOf('bucket', 'b-1'), shardOf('object', 'b-1'), shardOf('', ''), shardOf('größe', '日本')]).toEqual([
    27, 56, 13, 60,
  ]);
});

it('tells the parts of a key apart', () => {
  expect(shardOf('a', 'bc')).not.toBe(shardOf('ab', 'c'));
});

it('spreads keys evenly', () => {
  const counts = new Array<number>(64).fill(0);
  for (let index = 0; index < 64_000; index += 1) {
    const shard = shardOf('object', `id-${index}`);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(800);
  expect(Math.max(...counts)).toBeLessThan(1_200);
});
