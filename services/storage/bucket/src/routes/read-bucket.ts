import { defineRoute, type Route } from '@throughline/http';
import type { BucketStore } from '../adapters/bucket-store.ts';
import { BUCKET_PATH, BUCKET_RESOURCE, bucketNotFound, isBucketName, toResource } from './bucket-resource.ts';

/** `GET /storage/buckets/{bucket}` */
export function readBucketRoute({ buckets }: { buckets: BucketStore }): Route {
  return defineRoute({
    method: 'GET',
    path: '/storage/buckets/{bucket}',
    operationId: 'getBucket',
    summary: 'One of your buckets',
    auth: 'required',
    scopes: ['storage:read'],
    pathSchema: BUCKET_PATH,
    responses: { 200: { description: 'The bucket', schema: BUCKET_RESOURCE }, 404: { description: '`bucket_not_found`' } },
    async handler({ path, requirePrincipal }) {
      const { userId: ownerId } = requirePrincipal();
      const bucket = isBucketName(path.bucket) ? await buckets.find({ ownerId, name: path.bucket }) : undefined;
      if (bucket === undefined) throw bucketNotFound();
      return { status: 200, body: toResource(bucket) };
    },
  });
}
