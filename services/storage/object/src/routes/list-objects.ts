import {
  cursorCheck,
  decodeCursor,
  defineRoute,
  encodeCursor,
  pageSchema,
  type Route,
  validationFailed,
} from '@throughline/http';
import { Type } from 'typebox';
import type { BucketDirectory } from '../adapters/bucket-directory.ts';
import type { ObjectReader } from '../adapters/find-object.ts';
import { BUCKET_PATH } from './object-path.ts';
import { OBJECT_RESOURCE, toResource } from './object-resource.ts';
import { bucketNotFound } from './problems.ts';
import { isBucketName, resolveBucket } from './resolve-bucket.ts';

/** `GET …/objects`: the caller's bucket in order of name (UTF-8 bytes). */
export function listObjectsRoute({ reader, buckets }: { reader: ObjectReader; buckets: BucketDirectory }): Route {
  return defineRoute({
    method: 'GET',
    path: '/storage/buckets/{bucket}/objects',
    operationId: 'listObjects',
    summary: 'List the objects of a bucket',
    auth: 'required',
    scopes: ['storage:read'],
    pathSchema: BUCKET_PATH,
    querySchema: Type.Object({
      prefix: Type.String({ maxLength: 1024, default: '', description: 'Names that begin with it, exactly.' }),
      ...pageSchema().properties,
    }),
    fieldChecks: { 'query/prefix': storableTextFault, 'query/after': cursorCheck(nameOf) },
    responses: {
      200: {
        description: 'A page.',
        schema: Type.Object({ items: Type.Array(OBJECT_RESOURCE), next: Type.Union([Type.String(), Type.Null()]) }),
      },
      404: { description: '`bucket_not_found`' },
    },
    handler: async ({ path, query, requirePrincipal }) => {
      const { userId: ownerId } = requirePrincipal();
      const { prefix, limit } = query;
      if (!isBucketName(path.bucket)) throw bucketNotFound();
      const after = query.after === undefined ? undefined : nameOf(query.after);
      const found = await reader.list({ ownerId, bucketName: path.bucket, prefix, after, limit: limit + 1 });
      // A bucket into which nothing was ever written is not known here, and that is no reason to call it missing.
      if (found.length === 0 && !(await reader.isBucketKnown(ownerId, path.bucket)))
        await resolveBucket(buckets, ownerId, path.bucket);
      const items = found.slice(0, limit);
      const last = found.length > limit ? items.at(-1) : undefined;
      return {
        status: 200,
        body: { items: items.map(toResource), next: last === undefined ? null : encodeCursor([last.fileName]) },
      };
    },
  });
}

function nameOf(cursor: string): string {
  const [name] = decodeCursor(cursor, 1);
  if (typeof name === 'string' && storableTextFault(name) === undefined) return name;
  throw validationFailed([{ field: 'query/after', message: 'is not a cursor of this list' }]);
}

/** Postgres takes no NUL. */
function storableTextFault(text: string): string | undefined {
  return text.includes('\u0000') || !text.isWellFormed() ? 'must be well-formed Unicode without NUL' : undefined;
}
