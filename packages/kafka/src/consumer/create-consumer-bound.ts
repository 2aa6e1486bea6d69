import { type ConsumeOptions, createFetchBound, type FetchBound } from '@throughline/messaging';

const MIB = 2 ** 20;

/** What a member may have in memory, with the defaults of the port. */
export function createConsumerBound(options: ConsumeOptions): FetchBound {
  const { maxUncommitted = 1000, maxUncommittedBytes = 16 * MIB, maxMemberBytes = 64 * MIB } = options;
  return createFetchBound({ maxRecords: maxUncommitted, maxPartitionBytes: maxUncommittedBytes, maxMemberBytes });
}
