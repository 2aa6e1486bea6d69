import { defineRoute, type Route } from '@throughline/http';
import type { EventPublisher } from '@throughline/messaging';
import type { Database, Transaction } from '@throughline/postgres';
import type { BucketStore } from '../adapters/bucket-store.ts';
import { bucketDeleted } from '../domain/bucket-events.ts';
import { BUCKET_PATH, bucketNotFound, isBucketName } from './bucket-resource.ts';

export interface DeleteBucketOptions {
  readonly database: Database;
  readonly buckets: BucketStore;
  readonly publisher: EventPublisher<Transaction>;
}

/** `DELETE /storage/buckets/{bucket}`; publishes BUCKET_DELETED, on which the bucket's objects go. */
export function deleteBucketRoute({ database, buckets, publisher }: DeleteBucketOptions): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/storage/buckets/{bucket}',
    operationId: 'deleteBucket',
    summary: 'Delete a bucket and, soon after, everything in it',
    auth: 'required',
    scopes: ['storage:write'],
    pathSchema: BUCKET_PATH,
    responses: { 204: { description: 'The bucket is gone' }, 404: { description: '`bucket_not_found`' } },
    async handler({ path, requirePrincipal }) {
      const { userId: ownerId } = requirePrincipal();
      if (!isBucketName(path.bucket)) throw bucketNotFound();
      await database.transaction(async (tx) => {
        const deleted = await buckets.remove(tx, { ownerId, name: path.bucket });
        if (deleted === undefined) throw bucketNotFound();
        await publisher.publish(tx, bucketDeleted(deleted));
      });
      return { status: 204 };
    },
  });
}
