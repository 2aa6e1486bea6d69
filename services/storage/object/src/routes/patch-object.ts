import { defineRoute, type Route } from '@throughline/http';
import { Type } from 'typebox';
import type { BucketDirectory } from '../adapters/bucket-directory.ts';
import type { RelabelObject } from '../adapters/relabel-object.ts';
import { labelFaults, uniqueTags } from '../domain/object-labels.ts';
import { OBJECT_NAME_CHECK, OBJECT_PATH } from './object-path.ts';
import { entityTag, OBJECT_RESOURCE, toResource } from './object-resource.ts';
import { bucketNotFound, objectNotFound, preconditionFailed, quotaExceeded } from './problems.ts';
import { conditionOf } from './receive-upload.ts';
import { resolveBucket } from './resolve-bucket.ts';

/** `PATCH …/objects/{name}`: changes the labels that are given. */
export function patchObjectRoute({ buckets, relabelObject }: { buckets: BucketDirectory; relabelObject: RelabelObject }): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/storage/buckets/{bucket}/objects/{name+}',
    operationId: 'patchObject',
    summary: 'Change what is said about an object',
    auth: 'required',
    scopes: ['storage:write'],
    pathSchema: OBJECT_PATH,
    bodySchema: Type.Object(
      {
        description: Type.Optional(Type.String({ maxLength: 2048, examples: ['The lake at dusk'] })),
        tags: Type.Optional(
          Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 50, examples: [['images', 'travel']] }),
        ),
        accessLevel: Type.Optional(Type.Union([Type.Literal('PRIVATE'), Type.Literal('PUBLIC')])),
      },
      { minProperties: 1 },
    ),
    fieldChecks: {
      ...OBJECT_NAME_CHECK,
      'body/description': (description: string) => labelFaults({ description })[0]?.message,
      'body/tags': (tags: string[]) => labelFaults({ tags })[0]?.message,
    },
    responses: {
      200: { description: 'The object as it is now.', schema: OBJECT_RESOURCE },
      403: { description: '`scope_missing`, `quota_exceeded`: it would be a version too many.' },
      404: { description: '`bucket_not_found`, `object_not_found`' },
      412: { description: '`precondition_failed`' },
    },
    handler: async ({ path, body, request, requirePrincipal }) => {
      const bucket = await resolveBucket(buckets, requirePrincipal().userId, path.bucket);
      const labels = { ...body, tags: body.tags && uniqueTags(body.tags) };
      const result = await relabelObject(
        { bucket, fileName: path.name, isAllowed: conditionOf(request.headers, 'PATCH') },
        labels,
      );
      switch (result.outcome) {
        case 'changed':
          return { status: 200, body: toResource(result.object), headers: { etag: entityTag(result.object.etag) } };
        case 'bucket-deleted':
          throw bucketNotFound();
        case 'not-found':
          throw objectNotFound();
        case 'precondition-failed':
          throw preconditionFailed();
        case 'quota-exceeded':
          throw quotaExceeded(result.detail);
      }
    },
  });
}
