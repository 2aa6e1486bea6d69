import { defineRoute, type Route } from '@throughline/http';
import type { BucketDirectory } from '../adapters/bucket-directory.ts';
import type { DeleteObject } from '../adapters/delete-object.ts';
import { OBJECT_NAME_CHECK, OBJECT_PATH } from './object-path.ts';
import { bucketNotFound, objectNotFound, preconditionFailed } from './problems.ts';
import { conditionOf } from './receive-upload.ts';
import { resolveBucket } from './resolve-bucket.ts';

/** `DELETE …/objects/{name}`: the object with all its versions. */
export function deleteObjectRoute({ buckets, deleteObject }: { buckets: BucketDirectory; deleteObject: DeleteObject }): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/storage/buckets/{bucket}/objects/{name+}',
    operationId: 'deleteObject',
    summary: 'Delete an object and its versions',
    auth: 'required',
    scopes: ['storage:write'],
    pathSchema: OBJECT_PATH,
    fieldChecks: OBJECT_NAME_CHECK,
    responses: {
      204: { description: 'It is gone.' },
      404: { description: '`bucket_not_found`, `object_not_found`' },
      412: { description: '`precondition_failed`' },
    },
    handler: async ({ path, request, requirePrincipal }) => {
      const bucket = await resolveBucket(buckets, requirePrincipal().userId, path.bucket);
      const { outcome } = await deleteObject({ bucket, fileName: path.name, isAllowed: conditionOf(request.headers, 'DELETE') });
      switch (outcome) {
        case 'deleted':
          return { status: 204 };
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
