import { randomUUID } from 'node:crypto';
import type { EventPublisher, OutboxMessage } from '@throughline/messaging';
import type { Database, PostgresOutbox, Queryable, Transaction } from '@throughline/postgres';
import { changedObject, createdObject, type LabelChanges, type NextObject } from '../domain/next-object.ts';
import { objectChanged } from '../domain/object-events.ts';
import { type Quota, quotaFault } from '../domain/quota.ts';
import type { StoredBytes, StoredObject } from '../domain/stored-object.ts';
import { type BucketStatement, holdBucket } from './bucket-rows.ts';
import { lockObject } from './object-rows.ts';
import { type ObjectState, readObjectState } from './object-state.ts';
import { type ObjectWrite, writeObject } from './write-object.ts';

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

export interface StoreObjectOptions {
  readonly database: Database;
  readonly outbox: PostgresOutbox;
  /** Puts the event into a list instead of the outbox. */
  readonly composer: EventPublisher<OutboxMessage[]>;
  readonly quota: Quota;
  readonly clock: () => Date;
  /** Called after a commit that queued bytes for removal. */
  readonly onBlobReleased: () => void;
}

type Attempt = { readonly result: StoreResult; readonly afterCommit?: () => void } | 'overtaken';

/**
 * Makes a version of finished bytes: object, version, quota and event commit together. First without locking: a look, and one statement that writes only
 * what is still as it was seen. Who is overtaken by another write of that name, or brings news of the bucket, begins again under locks.
 */
export function createStoreObject(options: StoreObjectOptions): StoreObject {
  const { database } = options;

  async function storeAtOnce(upload: FinishedUpload): Promise<StoreResult | 'overtaken'> {
    const attempt = await tryToStore(options, database, upload);
    if (attempt === 'overtaken') return attempt;
    attempt.afterCommit?.();
    return attempt.result;
  }

  async function storeUnderLocks(tx: Transaction, upload: FinishedUpload): Promise<StoreResult> {
    if ((await holdBucket(tx, upload.bucket)) === undefined) return { outcome: 'bucket-deleted' };
    for (;;) {
      await lockObject(tx, upload.bucket.bucketId, upload.fileName);
      const attempt = await tryToStore(options, tx, upload);
      // Another upload made the object that was not there to be locked: it has committed, so the next look finds it.
      if (attempt === 'overtaken') continue;
      if (attempt.result.outcome === 'stored') await upload.beforeCommit?.(tx, attempt.result);
      if (attempt.afterCommit !== undefined) tx.afterCommit(attempt.afterCommit);
      return attempt.result;
    }
  }

  return async (upload) => {
    const result = upload.beforeCommit === undefined ? await storeAtOnce(upload) : 'overtaken';
    return result === 'overtaken' ? database.transaction((tx) => storeUnderLocks(tx, upload)) : result;
  };
}

async function tryToStore(options: StoreObjectOptions, database: Queryable, upload: FinishedUpload): Promise<Attempt> {
  const { outbox, quota } = options;
  const state = await readObjectState(database, upload.bucket, upload.fileName);
  if (state === 'unknown') return 'overtaken';
  if (!upload.isAllowed(state.current)) return { result: { outcome: 'precondition-failed' } };
  const planned = planWrite(state, upload, options.clock());
  const { object, change, usage } = planned;
  const isNew = change === 'created';
  const after = { bytes: state.usage.bytes + usage.bytes, objects: state.usage.objects + usage.objects };
  const detail = usage.bytes > 0 || usage.objects > 0 ? quotaFault(after, quota) : undefined;
  if (detail !== undefined) return { result: { outcome: 'quota-exceeded', detail } };

  const event = await composeEvent(options.composer, object, isNew);
  const written = await writeObject(database, outbox, { ...planned, event });
  if (written === 'overtaken') return 'overtaken';
  if (written === 'upload-lost') return { result: { outcome: 'upload-lost' } };
  const afterCommit = () => {
    outbox.wake();
    if (planned.releasedBlobId !== undefined) options.onBlobReleased();
  };
  return { result: { outcome: 'stored', object, isNew }, afterCommit };
}

function planWrite(
  { bucket, current, isBlobShared }: ObjectState,
  upload: FinishedUpload,
  now: Date,
): Omit<ObjectWrite, 'event'> {
  const { fileName, bytes, labels } = upload;
  if (current === undefined) {
    const object = createdObject({ bucket, fileName, bytes, labels, objectId: randomUUID(), versionId: randomUUID(), now });
    return { object, change: 'created', releasedBlobId: undefined, usage: { bytes: object.size, objects: 1 } };
  }
  const { object, former }: NextObject = changedObject({ current, bucket, bytes, labels, newVersionId: randomUUID(), now });
  const isReleased = former === 'replaced' && !isBlobShared;
  return {
    object,
    change: former,
    releasedBlobId: isReleased ? current.blobId : undefined,
    usage: { bytes: object.size - (isReleased ? current.size : 0), objects: former === 'kept' ? 1 : 0 },
  };
}

async function composeEvent(
  composer: EventPublisher<OutboxMessage[]>,
  object: StoredObject,
  isNew: boolean,
): Promise<OutboxMessage> {
  const messages: OutboxMessage[] = [];
  await composer.publish(messages, objectChanged(isNew ? 'OBJECT_CREATED' : 'OBJECT_UPDATED', object));
  const [message] = messages;
  if (message === undefined) throw new Error('an event was composed without a message');
  return message;
}
