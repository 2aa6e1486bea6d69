import type { EventHandler } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';
import { bucketIdAt, recordBucket } from '../adapters/bucket-rows.ts';
import type { BucketUpdatedPayload } from '../domain/bucket-events.ts';
import { requireOwner } from './require-owner.ts';

/**
 * Versioning reaches all objects of the bucket at once: it is kept on the bucket's row, which every read of an object joins.
 * What is older than what is known, or about a bucket never heard of without its id, changes nothing.
 */
export const onBucketUpdated: EventHandler<Transaction, BucketUpdatedPayload> = async (event, { tx }) => {
  const { bucketName: name, versioningEnabled, revision } = event.data;
  const ownerId = requireOwner(event);
  const bucketId = event.data.bucketId ?? (await bucketIdAt(tx, { ownerId, name, at: event.time }));
  if (bucketId === undefined) return;
  await recordBucket(tx, { bucketId, ownerId, name, versioningEnabled, revision, createdAt: event.time, asOf: event.time });
};
