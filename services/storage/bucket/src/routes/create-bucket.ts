import { randomUUID } from 'node:crypto';
import { type Answer, defineRoute, Problem, type Route } from '@throughline/http';
import type { Database } from '@throughline/postgres';
import { Type } from 'typebox';
import type { BucketStore } from '../adapters/bucket-store.ts';
import type { Bucket } from '../domain/bucket.ts';
import { BUCKET_NAME_PATTERN, BUCKET_NAME_RULE } from '../domain/bucket-name.ts';
import { BUCKET_RESOURCE, toResource } from './bucket-resource.ts';

const NEW_BUCKET = Type.Object({
  name: Type.String({ pattern: BUCKET_NAME_PATTERN, description: BUCKET_NAME_RULE, examples: ['my-photos'] }),
  versioningEnabled: Type.Optional(Type.Boolean({ default: false })),
});

/** `POST /storage/buckets`. Tells nobody: the object service asks for a bucket when it first needs it. */
export function createBucketRoute({ database, buckets }: { database: Database; buckets: BucketStore }): Route {
  return defineRoute({
    method: 'POST',
    path: '/storage/buckets',
    operationId: 'createBucket',
    summary: 'Make a bucket',
    auth: 'required',
    scopes: ['storage:write'],
    idempotent: true,
    bodySchema: NEW_BUCKET,
    responses: {
      201: { description: 'The bucket', schema: BUCKET_RESOURCE },
      409: { description: '`bucket_exists`: you have a bucket of this name' },
    },
    async handler({ body, requirePrincipal, idempotency }) {
      const bucket = newBucket(requirePrincipal().userId, body.name, body.versioningEnabled ?? false);
      const headers = { location: `/storage/buckets/${bucket.name}` };
      const answer: Answer = { status: 201, body: toResource(bucket), headers };
      await database.transaction(async (tx) => {
        if (!(await buckets.insert(tx, bucket))) throw bucketExists();
        await idempotency?.complete(answer, tx);
      });
      return answer;
    },
  });
}

function newBucket(ownerId: string, name: string, versioningEnabled: boolean): Bucket {
  const now = new Date();
  return { bucketId: randomUUID(), ownerId, name, versioningEnabled, revision: 1, createdAt: now, updatedAt: now };
}

function bucketExists(): Problem {
  return new Problem({ kind: 'conflict', code: 'bucket_exists', detail: 'You have a bucket of this name.' });
}
