import type { EventHandler } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';
import { currentTraceHeaders } from '@throughline/telemetry';
import { queueCascade } from '../adapters/bucket-cascade.ts';
import { bucketIdAt, buryBucket } from '../adapters/bucket-rows.ts';
import type { BucketDeletedPayload } from '../domain/bucket-events.ts';
import { requireOwner } from './require-owner.ts';

/** Marks the bucket as deleted, so that its objects are gone for every reader and writer; `onQueued` wakes the job that deletes them. */
export function createBucketDeletedHandler({
  onQueued,
}: {
  onQueued: () => void;
}): EventHandler<Transaction, BucketDeletedPayload> {
  return async (event, { tx, cause }) => {
    const { bucketName: name } = event.data;
    const ownerId = requireOwner(event);
    const bucketId = event.data.bucketId ?? (await bucketIdAt(tx, { ownerId, name, at: event.time }));
    if (bucketId === undefined) return;
    await buryBucket(tx, { bucketId, ownerId, name, deletedAt: event.time });
    await queueCascade(tx, { bucketId, cause, traceparent: currentTraceHeaders().traceparent });
    tx.afterCommit(onQueued);
  };
}
