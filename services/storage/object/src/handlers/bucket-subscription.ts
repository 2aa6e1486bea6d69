import type { ContractRegistry } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import type { SubscribedTopics, Subscription } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';
import { createBucketDeletedHandler } from './bucket-deleted.ts';
import { onBucketUpdated } from './bucket-updated.ts';

/** What this service reads: bucket events. `onQueued` is called after the commit that put a deleted bucket on the list of cascades. */
export function bucketSubscription(options: {
  bucketEvents: SubscribedTopics;
  contracts: ContractRegistry;
  onQueued: () => void;
}): Subscription<Transaction> {
  return {
    ...options.bucketEvents,
    codec: s3Codec,
    contracts: options.contracts,
    handlers: { BUCKET_UPDATED: onBucketUpdated, BUCKET_DELETED: createBucketDeletedHandler({ onQueued: options.onQueued }) },
  };
}
