import { defineRoute, type Route, validationFailed } from '@throughline/http';
import { Type } from 'typebox';
import type { BucketDirectory } from '../adapters/bucket-directory.ts';
import type { RelabelObject } from '../adapters/relabel-object.ts';
import { labelFaults, uniqueTags } from '../domain/object-labels.ts';
import { OBJECT_PATH, requireObjectName } from './object-path.ts';
import { entityTag, OBJECT_RESOURCE, toResource } from './object-resource.ts';
import { bucketNotFound, objectNotFound, preconditionFailed } from './problems.ts';
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
        description: Type.Optional(Type.String({ maxLength: 2048 })),
        tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 50 })),
        accessLevel: Type.Optional(Type.Union([Type.Literal('PRIVATE'), Type.Literal('PUBLIC')])),
      },
      { minProperties: 1 },
    ),
    responses: {
      200: { description: 'The object as it is now.', schema: OBJECT_RESOURCE },
      404: { description: '`bucket_not_found`, `object_not_found`' },
      412: { description: '`precondition_failed`' },
    },
    handler: async ({ path, body, request, requirePrincipal }) => {
      const fileName = requireObjectName(path.name);
      const faults = labelFaults(body);
      if (faults.length > 0) throw validationFailed(faults.map(({ field, message }) => ({ field: `body/${field}`, message })));
      const bucket = await resolveBucket(buckets, requirePrincipal().userId, path.bucket);
      const labels = { ...body, tags: body.tags && uniqueTags(body.tags) };
      const result = await relabelObject({ bucket, fileName, isAllowed: conditionOf(request.headers, 'PATCH') }, labels);
      switch (result.outcome) {
        case 'changed':
          return { status: 200, body: toResource(result.object), headers: { etag: entityTag(result.object.etag) } };
        case 'bucket-deleted':
          throw bucketNotFound();
        case 'not-found':
          throw objectNotFound();
        case 'precondition-failed':
          throw preconditionFailed();
      }
    },
  });
}
