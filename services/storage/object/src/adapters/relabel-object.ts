import { randomUUID } from 'node:crypto';
import type { EventPublisher } from '@throughline/messaging';
import type { Database, Transaction } from '@throughline/postgres';
import { changedObject, type LabelChanges } from '../domain/next-object.ts';
import { objectChanged } from '../domain/object-events.ts';
import { type Quota, quotaFault } from '../domain/quota.ts';
import type { StoredObject } from '../domain/stored-object.ts';
import { type BucketStatement, holdBucket } from './bucket-rows.ts';
import { lockObject, updateObject } from './object-rows.ts';
import { addUsage, readUsage } from './owner-usage.ts';
import { insertVersion, replaceVersion } from './version-rows.ts';

/** A write to an object that has to exist. */
export interface ObjectTarget {
  readonly bucket: BucketStatement;
  readonly fileName: string;
  /** Whether the object as it is now may be written, RFC 9110 §13. */
  readonly isAllowed: (current: StoredObject) => boolean;
}

export type RelabelResult =
  | { readonly outcome: 'changed'; readonly object: StoredObject }
  | { readonly outcome: 'bucket-deleted' | 'not-found' | 'precondition-failed' }
  | { readonly outcome: 'quota-exceeded'; readonly detail: string };

export type RelabelObject = (target: ObjectTarget, labels: LabelChanges) => Promise<RelabelResult>;

/** Changes what is said about an object; in a bucket that keeps versions this makes one, with the same bytes. */
export function createRelabelObject(options: {
  database: Database;
  publisher: EventPublisher<Transaction>;
  quota: Quota;
  clock: () => Date;
}): RelabelObject {
  return (target, labels) =>
    options.database.transaction(async (tx) => {
      const bucket = await holdBucket(tx, target.bucket);
      if (bucket === undefined) return { outcome: 'bucket-deleted' };
      const current = await lockObject(tx, bucket.bucketId, target.fileName);
      if (current === undefined) return { outcome: 'not-found' };
      if (!target.isAllowed(current)) return { outcome: 'precondition-failed' };
      const { object, former } = changedObject({ current, bucket, labels, newVersionId: randomUUID(), now: options.clock() });
      if (former === 'kept') {
        const usage = await readUsage(tx, object.ownerId);
        const detail = quotaFault({ ...usage, objects: usage.objects + 1 }, options.quota);
        if (detail !== undefined) return { outcome: 'quota-exceeded', detail };
      }
      await updateObject(tx, object);
      await (former === 'kept' ? insertVersion(tx, object) : replaceVersion(tx, object));
      await options.publisher.publish(tx, objectChanged('OBJECT_UPDATED', object));
      if (former === 'kept') await addUsage(tx, object.ownerId, { bytes: 0, objects: 1 });
      return { outcome: 'changed', object };
    });
}
