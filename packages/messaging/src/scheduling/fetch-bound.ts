import type { AssignedPartition } from './record-scheduler.ts';

export interface FetchBoundOptions {
  /** Records of one partition that are in work or wait. */
  readonly maxUnfinished: number;
  /** Records of one partition that cannot be committed: done ones behind one that is not count. */
  readonly maxRecords: number;
  /** Bytes of one partition. */
  readonly maxPartitionBytes: number;
  /** Bytes of all partitions of the member, but for those whose next record is not due: these are not fetched from anyway. */
  readonly maxMemberBytes: number;
}

/**
 * Says where fetching has to rest so that memory and the commit gap stay bounded. It goes on at half of what it rested at: pausing costs a request. What is done and waits for the
 * commit of one that takes long is not in that half, or a partition that once was full would rest until that one ends.
 */
export interface FetchBound {
  /** @param wasFull what it said of this partition before */
  isPartitionFull(partition: AssignedPartition, wasFull: boolean): boolean;
  /** Whether all partitions have to rest. @param wasFull what it said before */
  isMemberFull(partitions: Iterable<AssignedPartition>, wasFull: boolean): boolean;
}

/** @example createFetchBound({ maxUnfinished: 1000, maxRecords: 10_000, maxPartitionBytes: 16 * 2 ** 20, maxMemberBytes: 64 * 2 ** 20 }) */
export function createFetchBound({
  maxUnfinished,
  maxRecords,
  maxPartitionBytes,
  maxMemberBytes,
}: FetchBoundOptions): FetchBound {
  const reaches = (amount: number, max: number, wasFull: boolean) => amount >= (wasFull ? Math.ceil(max / 2) : max);
  return {
    isPartitionFull: ({ window }, wasFull) =>
      window.size >= maxRecords ||
      window.sizeBytes >= maxPartitionBytes ||
      reaches(window.unfinished, maxUnfinished, wasFull) ||
      reaches(window.unfinishedBytes, maxPartitionBytes, wasFull),
    isMemberFull: (partitions, wasFull) => {
      let bytes = 0;
      let unfinishedBytes = 0;
      for (const { isHeld, window } of partitions) {
        if (isHeld) continue;
        bytes += window.sizeBytes;
        unfinishedBytes += window.unfinishedBytes;
      }
      return bytes >= maxMemberBytes || reaches(unfinishedBytes, maxMemberBytes, wasFull);
    },
  };
}
