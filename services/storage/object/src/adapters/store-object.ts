import { randomUUID } from 'node:crypto';
import type { EventPublisher } from '@throughline/messaging';
import type { Database, Transaction } from '@throughline/postgres';
import { changedObject, createdObject, type LabelChanges } from '../domain/next-object.ts';
import { objectChanged } from '../domain/object-events.ts';
import { type Quota, quotaFault } from '../domain/quota.ts';
import type { KnownBucket, StoredBytes, StoredObject } from '../domain/stored-object.ts';
import { type BucketStatement, holdBucket } from './bucket-rows.ts';
import { insertObject, lockObject, updateObject } from './object-rows.ts';
import { addUsage } from './owner-usage.ts';
import { Refusal, refusable } from './refusal.ts';
import type { UploadRegistry } from './upload-registry.ts';
import { insertVersion, releaseBlob, replaceVersion } from './version-rows.ts';

/** Bytes on disk that are to become an object, or the next version of one. */
export interface FinishedUpload {
  readonly bucket: BucketStatement;
  readonly fileName: string;
  readonly bytes: StoredBytes;
  readonly labels: LabelChanges;
  /** Whether the object as it is now (undefined: there is none) may be written, RFC 9110 §13. */
  readonly isAllowed: (current: StoredObject | undefined) => boolean;
  /** Runs in the transaction, once it is certain to commit if the database does. */
  readonly beforeCommit?: (tx: Transaction, result: StoreResult & { outcome: 'stored' }) => Promise<void>;
}

export type StoreResult =
  | { readonly outcome: 'stored'; readonly object: StoredObject; readonly isNew: boolean }
  | { readonly outcome: 'bucket-deleted' | 'precondition-failed' | 'upload-lost' }
  | { readonly outcome: 'quota-exceeded'; readonly detail: string };

export type StoreObject = (upload: FinishedUpload) => Promise<StoreResult>;

/** Makes a version of finished bytes: object, version, quota and event in one transaction. `onBlobReleased` is called after a commit that queued bytes for removal. */
export function createStoreObject(options: {
  database: Database;
  publisher: EventPublisher<Transaction>;
  uploads: UploadRegistry;
  quota: Quota;
  clock: () => Date;
  onBlobReleased: () => void;
}): StoreObject {
  const { database, publisher, uploads } = options;

  async function store(tx: Transaction, upload: FinishedUpload): Promise<StoreResult> {
    if (!(await uploads.complete(tx, upload.bytes.blobId))) throw new Refusal<StoreResult>({ outcome: 'upload-lost' });
    const bucket = await holdBucket(tx, upload.bucket);
    if (bucket === undefined) throw new Refusal<StoreResult>({ outcome: 'bucket-deleted' });
    const { object, isNew, usedBytes } = await write(tx, upload, bucket);
    await publisher.publish(tx, objectChanged(isNew ? 'OBJECT_CREATED' : 'OBJECT_UPDATED', object));
    const result = { outcome: 'stored', object, isNew } as const;
    await upload.beforeCommit?.(tx, result);
    const usage = await addUsage(tx, bucket.ownerId, { bytes: usedBytes, objects: isNew ? 1 : 0 });
    const detail = usedBytes > 0 || isNew ? quotaFault(usage, options.quota) : undefined;
    if (detail !== undefined) throw new Refusal<StoreResult>({ outcome: 'quota-exceeded', detail });
    return result;
  }

  async function write(tx: Transaction, upload: FinishedUpload, bucket: KnownBucket): Promise<Written> {
    for (;;) {
      const current = await lockObject(tx, bucket.bucketId, upload.fileName);
      if (!upload.isAllowed(current)) throw new Refusal<StoreResult>({ outcome: 'precondition-failed' });
      if (current !== undefined) return overwrite(tx, { upload, bucket, current });
      const { fileName, bytes, labels } = upload;
      const object = createdObject({
        bucket,
        fileName,
        bytes,
        labels,
        objectId: randomUUID(),
        versionId: randomUUID(),
        now: options.clock(),
      });
      // Lost against another upload of the same name: it has committed, so the next look finds it.
      if (!(await insertObject(tx, object))) continue;
      await insertVersion(tx, object);
      return { object, isNew: true, usedBytes: object.size };
    }
  }

  async function overwrite(
    tx: Transaction,
    given: { upload: FinishedUpload; bucket: KnownBucket; current: StoredObject },
  ): Promise<Written> {
    const { upload, bucket, current } = given;
    const { bytes, labels } = upload;
    const { object, former } = changedObject({
      current,
      bucket,
      bytes,
      labels,
      newVersionId: randomUUID(),
      now: options.clock(),
    });
    await updateObject(tx, object);
    if (former === 'kept') {
      await insertVersion(tx, object);
      return { object, isNew: false, usedBytes: object.size };
    }
    await replaceVersion(tx, object);
    const isReleased = await releaseBlob(tx, current.blobId);
    if (isReleased) tx.afterCommit(options.onBlobReleased);
    return { object, isNew: false, usedBytes: object.size - (isReleased ? current.size : 0) };
  }

  return (upload) => refusable(() => database.transaction((tx) => store(tx, upload)));
}

interface Written {
  readonly object: StoredObject;
  readonly isNew: boolean;
  readonly usedBytes: number;
}
