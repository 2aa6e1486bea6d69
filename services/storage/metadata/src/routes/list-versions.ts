import { cursorCheck, defineRoute, Problem, pageSchema, type Route } from '@throughline/http';
import type { Queryable } from '@throughline/postgres';
import Type from 'typebox';
import { listObjectVersions } from '../adapters/version-query.ts';
import { pageOf, readPosition } from './page-position.ts';

const VersionSchema = Type.Object({
  versionId: Type.String({ format: 'uuid' }),
  createdAt: Type.String({ format: 'date-time' }),
  size: Type.Union([Type.Integer(), Type.Null()]),
  etag: Type.Union([Type.String(), Type.Null()]),
});

/** `GET /storage/objects/{objectId}/versions`: newest first; 404 for an object that the caller may not see. */
export function listVersionsRoute({ database }: { database: Queryable }): Route {
  return defineRoute({
    method: 'GET',
    path: '/storage/objects/{objectId}/versions',
    operationId: 'listObjectVersions',
    summary: 'List the versions of an object',
    auth: 'required',
    scopes: ['storage:read'],
    pathSchema: Type.Object({ objectId: Type.String({ format: 'uuid' }) }),
    querySchema: Type.Object({ ...pageSchema().properties }),
    fieldChecks: { 'query/after': cursorCheck(readPosition) },
    responses: {
      200: {
        description: 'A page',
        schema: Type.Object({ items: Type.Array(VersionSchema), next: Type.Union([Type.String(), Type.Null()]) }),
      },
      404: { description: 'No such object, or not visible to the caller' },
    },
    handler: async ({ path, query, requirePrincipal }) => {
      const found = await listObjectVersions(database, {
        callerId: requirePrincipal().userId,
        objectId: path.objectId,
        limit: query.limit + 1,
        after: readPosition(query.after),
      });
      if (found === undefined)
        throw new Problem({ kind: 'not-found', code: 'object_not_found', detail: 'There is no such object.' });
      return { status: 200, body: pageOf(found, query.limit, (item) => ({ createdAt: item.createdAt, id: item.versionId })) };
    },
  });
}
