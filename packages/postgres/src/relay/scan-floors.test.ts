import { ScanFloors, type SettledLook } from './scan-floors.ts';
import type { UnsentRow } from './waiting-rows.ts';

const lease = (shard: number, epoch = '1') => ({ shard, epoch });
const row = (shard: number, seq: number) => ({ shard, seq: String(seq) }) as UnsentRow;
const look = (changes: Partial<SettledLook>): SettledLook => ({
  leases: [lease(0), lease(1)],
  rows: [],
  unsettled: [],
  watermark: 100n,
  isWhole: true,
  maxRowsPerShard: 10,
  ...changes,
});
const after = (...looks: Partial<SettledLook>[]) => {
  const floors = new ScanFloors();
  for (const each of looks) floors.advance(look(each));
  return [floors.of(lease(0)), floors.of(lease(1))];
};

it.each<[string, Partial<SettledLook>, [bigint, bigint]]>([
  ['a whole look: up to the watermark everywhere', { rows: [row(0, 40)] }, [100n, 100n]],
  ['rows above the watermark do not count', { rows: [row(0, 140)] }, [100n, 100n]],
  [
    'a look that was cut off: up to the last row of the shards that had some',
    { rows: [row(0, 40), row(0, 60)], isWhole: false },
    [60n, 0n],
  ],
  ['a shard at its bound: up to its last row', { rows: [row(0, 40), row(0, 60)], maxRowsPerShard: 2 }, [60n, 100n]],
  ['a row that stays new', { rows: [row(0, 40), row(0, 60)], unsettled: [row(0, 40)] }, [39n, 100n]],
  ['the lowest of several that stay new', { rows: [row(0, 40), row(0, 60)], unsettled: [row(0, 40), row(0, 60)] }, [39n, 100n]],
  ['nothing is known yet', { rows: [row(0, 40)], watermark: 0n }, [0n, 0n]],
])('%s', (_, given, floors) => {
  expect(after(given)).toEqual(floors);
});

it('never goes back, and follows the watermark', () => {
  expect(after({}, { rows: [row(0, 40)], isWhole: false })).toEqual([100n, 100n]);
  expect(after({}, { watermark: 300n })).toEqual([300n, 300n]);
});

it('is not believed for another epoch, nor after rows were made new again', () => {
  const floors = new ScanFloors();
  floors.advance(look({}));
  expect(floors.of(lease(0, '2'))).toBe(0n);
  floors.reset();
  expect(floors.of(lease(0))).toBe(0n);
});
