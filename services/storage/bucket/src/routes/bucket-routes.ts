import type { Route } from '@throughline/http';
import { type ChangeBucketOptions, changeBucketRoute } from './change-bucket.ts';
import { createBucketRoute } from './create-bucket.ts';
import { deleteBucketRoute } from './delete-bucket.ts';
import { listBucketsRoute } from './list-buckets.ts';
import { readBucketRoute } from './read-bucket.ts';
import { type ResolveBucketOptions, resolveBucketRoute } from './resolve-bucket.ts';

/** Everything the bucket service answers. */
export function bucketRoutes(options: ChangeBucketOptions & ResolveBucketOptions): readonly Route[] {
  return [
    createBucketRoute(options),
    listBucketsRoute(options),
    readBucketRoute(options),
    changeBucketRoute(options),
    deleteBucketRoute(options),
    resolveBucketRoute(options),
  ];
}
