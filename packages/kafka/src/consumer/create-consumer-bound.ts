import { type ConsumeOptions, createFetchBound, type FetchBound } from '@throughline/messaging';

const MIB = 2 ** 20;
/** Unless the subscriber says how many. */
const MAX_UNFINISHED = 1000;
const MAX_UNCOMMITTED = 10_000;

/** What a member may have in memory, with the defaults of the port. */
export function createConsumerBound(options: ConsumeOptions): FetchBound {
  const { maxUncommitted, maxUncommittedBytes = 16 * MIB, maxMemberBytes = 64 * MIB } = options;
  return createFetchBound({
    maxUnfinished: maxUncommitted ?? MAX_UNFINISHED,
    maxRecords: maxUncommitted ?? MAX_UNCOMMITTED,
    maxPartitionBytes: maxUncommittedBytes,
    maxMemberBytes,
  });
}
