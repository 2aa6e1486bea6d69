import { createFetchBound } from './fetch-bound.ts';
import { OffsetWindow, type WindowEntry } from './offset-window.ts';
import type { AssignedPartition } from './record-scheduler.ts';

const bound = createFetchBound({ maxUnfinished: 10, maxRecords: 30, maxPartitionBytes: 1000, maxMemberBytes: 2000 });

function partitionWith(
  sizes: readonly number[],
  isHeld = false,
): AssignedPartition & { readonly entries: readonly WindowEntry[] } {
  const window = new OffsetWindow<WindowEntry>();
  const entries = sizes.map((sizeBytes, n) => ({ offset: BigInt(n), timestampMs: 0, sizeBytes, isDone: false }));
  for (const entry of entries) window.push(entry);
  return { topic: 't', partition: 0, window, isHeld, add: () => {}, revoke: () => {}, entries };
}

describe('createFetchBound', () => {
  it.each<[string, number[], boolean, boolean]>([
    ['as many records as it may hold', Array(10).fill(1), false, true],
    ['one less', Array(9).fill(1), false, false],
    ['more than half of them, once full', Array(5).fill(1), true, true],
    ['less than half of them', Array(4).fill(1), true, false],
    ['few records with as many bytes as it may hold', [500, 500], false, true],
    ['few records with less', [500, 499], false, false],
    ['half of the bytes, once full', [500], true, true],
    ['less than half of the bytes', [499], true, false],
  ])('a partition with %s', (_, sizes, wasFull, expected) => {
    expect(bound.isPartitionFull(partitionWith(sizes), wasFull)).toBe(expected);
  });

  it('goes on past a record that takes long, until as many wait for its commit as may', () => {
    const { window, entries, ...rest } = partitionWith(Array(29).fill(1));
    for (const entry of entries.slice(1)) window.finish(entry);
    const partition = { ...rest, window };
    expect([window.size, window.unfinished, window.unfinishedBytes]).toEqual([29, 1, 1]);
    // Also where it was full before: what is done does not keep it so.
    expect([bound.isPartitionFull(partition, false), bound.isPartitionFull(partition, true)]).toEqual([false, false]);
    window.push({ offset: 29n, timestampMs: 0, sizeBytes: 1, isDone: false });
    expect(bound.isPartitionFull(partition, false)).toBe(true);
    window.finish(entries[0] as WindowEntry);
    expect(bound.isPartitionFull(partition, true)).toBe(false);
  });

  it('keeps the bytes of what is done behind a record that takes long in mind', () => {
    const { window, entries, ...rest } = partitionWith([1, 500, 499]);
    for (const entry of entries.slice(1)) window.finish(entry);
    expect(bound.isPartitionFull({ ...rest, window }, false)).toBe(true);
    expect(bound.isMemberFull([{ ...rest, window }, partitionWith([999])], false)).toBe(false);
    expect(bound.isMemberFull([{ ...rest, window }, partitionWith([1000])], false)).toBe(true);
  });

  it('counts the bytes of a member’s partitions together, but for those that wait for a due time', () => {
    const partitions = [partitionWith([900]), partitionWith([900]), partitionWith([900], true)];
    expect(bound.isMemberFull(partitions, false)).toBe(false);
    expect(bound.isMemberFull([...partitions, partitionWith([200])], false)).toBe(true);
    expect(bound.isMemberFull(partitions, true)).toBe(true);
    expect(bound.isMemberFull([partitionWith([999])], true)).toBe(false);
  });

  it('gives bytes free when a record and all before it are done', () => {
    const { window, entries } = partitionWith([300, 200, 100]);
    window.finish(entries[1] as WindowEntry);
    expect(window.sizeBytes).toBe(600);
    window.finish(entries[0] as WindowEntry);
    expect(window.sizeBytes).toBe(100);
    expect([window.size, window.position]).toEqual([1, entries[2]?.offset]);
  });
});
