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
import type { BucketStore } from '../adapters/bucket-store.ts';
import { BUCKET_RESOURCE, isBucketName, toResource } from './bucket-resource.ts';

const BUCKET_LIST = Type.Object({
  items: Type.Array(BUCKET_RESOURCE),
  next: Type.Union([Type.String(), Type.Null()], { description: 'What `after` must be for the following page; null at the end' }),
});

/** `GET /storage/buckets?limit=&after=`, in order of names. */
export function listBucketsRoute({ buckets }: { buckets: BucketStore }): Route {
  return defineRoute({
    method: 'GET',
    path: '/storage/buckets',
    operationId: 'listBuckets',
    summary: 'Your buckets',
    auth: 'required',
    scopes: ['storage:read'],
    querySchema: pageSchema(),
    fieldChecks: { 'query/after': cursorCheck(nameOf) },
    responses: { 200: { description: 'A page', schema: BUCKET_LIST } },
    async handler({ query, requirePrincipal }) {
      const { userId: ownerId } = requirePrincipal();
      const afterName = query.after === undefined ? undefined : nameOf(query.after);
      const found = await buckets.list({ ownerId, limit: query.limit + 1, afterName });
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1) : undefined;
      return { status: 200, body: { items: items.map(toResource), next: last === undefined ? null : encodeCursor([last.name]) } };
    },
  });
}

function nameOf(cursor: string): string {
  const [name] = decodeCursor(cursor, 1);
  if (typeof name === 'string' && isBucketName(name)) return name;
  throw validationFailed([{ field: 'query/after', message: 'is not a cursor of this list' }]);
}
