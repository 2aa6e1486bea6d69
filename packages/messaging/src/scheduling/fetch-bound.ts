import type { AssignedPartition } from './record-scheduler.ts';

export interface FetchBoundOptions {
  /** Records of one partition. */
  readonly maxRecords: number;
  /** Bytes of one partition. */
  readonly maxPartitionBytes: number;
  /** Bytes of all partitions of the member, but for those whose next record is not due: these are not fetched from anyway. */
  readonly maxMemberBytes: number;
}

/** Says where fetching has to rest so that memory stays bounded. It goes on at half of what it rested at: pausing costs a request. */
export interface FetchBound {
  /** @param wasFull what it said of this partition before */
  isPartitionFull(partition: AssignedPartition, wasFull: boolean): boolean;
  /** Whether all partitions have to rest. @param wasFull what it said before */
  isMemberFull(partitions: Iterable<AssignedPartition>, wasFull: boolean): boolean;
}

/** @example createFetchBound({ maxRecords: 1000, maxPartitionBytes: 16 * 2 ** 20, maxMemberBytes: 64 * 2 ** 20 }) */
export function createFetchBound({ maxRecords, maxPartitionBytes, maxMemberBytes }: FetchBoundOptions): FetchBound {
  const reaches = (amount: number, max: number, wasFull: boolean) => amount >= (wasFull ? Math.ceil(max / 2) : max);
  return {
    isPartitionFull: ({ window }, wasFull) =>
      reaches(window.size, maxRecords, wasFull) || reaches(window.sizeBytes, maxPartitionBytes, wasFull),
    isMemberFull: (partitions, wasFull) => {
      let bytes = 0;
      for (const { isHeld, window } of partitions) if (!isHeld) bytes += window.sizeBytes;
      return reaches(bytes, maxMemberBytes, wasFull);
    },
  };
}
