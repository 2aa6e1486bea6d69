import type { IncomingMessage } from 'node:http';
import { defineRoute, type Route } from '@throughline/http';
import { Type } from 'typebox';
import type { BucketStore } from '../adapters/bucket-store.ts';
import { bucketNotFound, isBucketName } from './bucket-resource.ts';

const RESOLVED_BUCKET = Type.Object({
  bucketId: Type.String({ format: 'uuid' }),
  ownerId: Type.String(),
  name: Type.String(),
  versioningEnabled: Type.Boolean(),
  revision: Type.Integer(),
  createdAt: Type.String({ format: 'date-time' }),
});

export interface ResolveBucketOptions {
  readonly buckets: BucketStore;
  /** Refuses callers without the installation's internal token. */
  readonly guard: (context: { readonly request: IncomingMessage }) => void;
}

/**
 * `GET /internal/buckets?ownerId=&name=`: which bucket a name means at this moment. For the object service, once an upload; the edge does not lead here.
 */
export function resolveBucketRoute({ buckets, guard }: ResolveBucketOptions): Route {
  return defineRoute({
    method: 'GET',
    path: '/internal/buckets',
    operationId: 'resolveBucket',
    summary: 'The bucket that a name means now (service to service)',
    auth: 'none',
    isInternal: true,
    querySchema: Type.Object({
      ownerId: Type.String({ minLength: 1, maxLength: 255 }),
      name: Type.String({ minLength: 1, maxLength: 63 }),
    }),
    responses: { 200: { description: 'The bucket', schema: RESOLVED_BUCKET }, 404: { description: '`bucket_not_found`' } },
    async handler({ query, request }) {
      guard({ request });
      const bucket = isBucketName(query.name) ? await buckets.find(query) : undefined;
      if (bucket === undefined) throw bucketNotFound();
      const { bucketId, ownerId, name, versioningEnabled, revision, createdAt } = bucket;
      return { status: 200, body: { bucketId, ownerId, name, versioningEnabled, revision, createdAt: createdAt.toISOString() } };
    },
  });
}
