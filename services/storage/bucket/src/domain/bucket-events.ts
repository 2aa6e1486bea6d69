import type { Bucket } from './bucket.ts';

export interface BucketUpdated {
  readonly payloadType: 'BUCKET_UPDATED';
  readonly bucketName: string;
  readonly versioningEnabled: boolean;
  readonly bucketId: string;
  readonly revision: number;
}

export interface BucketDeleted {
  readonly payloadType: 'BUCKET_DELETED';
  readonly bucketName: string;
  readonly bucketId: string;
  readonly revision: number;
}

/** A fact about a bucket, ready to be published: `key` is the bucket's id, so that facts about one bucket keep their order. */
export interface BucketEvent<Data extends BucketUpdated | BucketDeleted> {
  readonly type: Data['payloadType'];
  readonly key: string;
  readonly ownerId: string;
  readonly subject: string;
  readonly data: Data;
}

/** Said after a change of settings; `bucket` is the bucket as it is now. */
export function bucketUpdated(bucket: Bucket): BucketEvent<BucketUpdated> {
  const { bucketId, name: bucketName, versioningEnabled, revision } = bucket;
  return toEvent(bucket, { payloadType: 'BUCKET_UPDATED', bucketName, versioningEnabled, bucketId, revision });
}

/** Said after the deletion, which counts as one more change of the bucket as it was last. */
export function bucketDeleted(bucket: Bucket): BucketEvent<BucketDeleted> {
  const { bucketId, name: bucketName, revision } = bucket;
  return toEvent(bucket, { payloadType: 'BUCKET_DELETED', bucketName, bucketId, revision: revision + 1 });
}

function toEvent<Data extends BucketUpdated | BucketDeleted>({ bucketId, ownerId }: Bucket, data: Data): BucketEvent<Data> {
  return { type: data.payloadType, key: bucketId, ownerId, subject: bucketId, data };
}
