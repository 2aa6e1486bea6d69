import type { EventPublisher } from '@throughline/messaging';
import type { Database, Transaction } from '@throughline/postgres';
import { objectDeleted } from '../domain/object-events.ts';
import { holdBucket } from './bucket-rows.ts';
import { lockObject } from './object-rows.ts';
import { addUsage } from './owner-usage.ts';
import type { ObjectTarget } from './relabel-object.ts';
import { deleteObjects } from './version-rows.ts';

export type DeleteResult = { readonly outcome: 'deleted' | 'bucket-deleted' | 'not-found' | 'precondition-failed' };

export type DeleteObject = (target: ObjectTarget) => Promise<DeleteResult>;

/** Deletes an object with all its versions; their bytes are unlinked after the commit. */
export function createDeleteObject(options: {
  database: Database;
  publisher: EventPublisher<Transaction>;
  onBlobReleased: () => void;
}): DeleteObject {
  return (target) =>
    options.database.transaction(async (tx) => {
      const bucket = await holdBucket(tx, target.bucket);
      if (bucket === undefined) return { outcome: 'bucket-deleted' };
      const current = await lockObject(tx, bucket.bucketId, target.fileName);
      if (current === undefined) return { outcome: 'not-found' };
      if (!target.isAllowed(current)) return { outcome: 'precondition-failed' };
      const { freedBytes, versions } = await deleteObjects(tx, [current.objectId]);
      await options.publisher.publish(tx, objectDeleted(current));
      await addUsage(tx, current.ownerId, { bytes: -freedBytes, objects: -versions });
      tx.afterCommit(options.onBlobReleased);
      return { outcome: 'deleted' };
    });
}
