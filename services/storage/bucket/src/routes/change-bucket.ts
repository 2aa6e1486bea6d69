import { defineRoute, type Route } from '@throughline/http';
import type { EventPublisher } from '@throughline/messaging';
import type { Database, Transaction } from '@throughline/postgres';
import { Type } from 'typebox';
import type { BucketName, BucketStore } from '../adapters/bucket-store.ts';
import { type Bucket, type BucketSettings, changeSettings } from '../domain/bucket.ts';
import { bucketUpdated } from '../domain/bucket-events.ts';
import { BUCKET_PATH, BUCKET_RESOURCE, bucketNotFound, isBucketName, toResource } from './bucket-resource.ts';

export interface ChangeBucketOptions {
  readonly database: Database;
  readonly buckets: BucketStore;
  readonly publisher: EventPublisher<Transaction>;
}

/** `PATCH /storage/buckets/{bucket}`; publishes BUCKET_UPDATED when something changed. */
export function changeBucketRoute(options: ChangeBucketOptions): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/storage/buckets/{bucket}',
    operationId: 'changeBucket',
    summary: "Switch a bucket's versioning",
    auth: 'required',
    scopes: ['storage:write'],
    pathSchema: BUCKET_PATH,
    bodySchema: Type.Object({ versioningEnabled: Type.Boolean() }),
    responses: { 200: { description: 'The bucket', schema: BUCKET_RESOURCE }, 404: { description: '`bucket_not_found`' } },
    async handler({ path, body, requirePrincipal }) {
      if (!isBucketName(path.bucket)) throw bucketNotFound();
      const bucket = await changeBucket(options, { ownerId: requirePrincipal().userId, name: path.bucket }, body);
      if (bucket === undefined) throw bucketNotFound();
      return { status: 200, body: toResource(bucket) };
    },
  });
}

function changeBucket(
  { database, buckets, publisher }: ChangeBucketOptions,
  name: BucketName,
  settings: BucketSettings,
): Promise<Bucket | undefined> {
  return database.transaction(async (tx) => {
    const present = await buckets.lock(tx, name);
    if (present === undefined) return undefined;
    const changed = changeSettings(present, settings, new Date());
    if (changed === undefined) return present;
    await buckets.update(tx, changed);
    await publisher.publish(tx, bucketUpdated(changed));
    return changed;
  });
}
