import { cursorCheck, defineRoute, pageSchema, type Route } from '@throughline/http';
import type { Queryable } from '@throughline/postgres';
import Type from 'typebox';
import { type SearchFilters, searchObjects } from '../adapters/search-query.ts';
import { pageOf, readPosition } from './page-position.ts';

const MAX_TAGS = 50;
const MAX_TAG_LENGTH = 128;

const FoundObjectSchema = Type.Object({
  objectId: Type.String({ format: 'uuid' }),
  ownerId: Type.String(),
  bucketName: Type.String(),
  fileName: Type.String(),
  description: Type.String(),
  tags: Type.Array(Type.String()),
  accessLevel: Type.Union([Type.Literal('PRIVATE'), Type.Literal('PUBLIC')]),
  size: Type.Union([Type.Integer(), Type.Null()], { description: 'Bytes; null when no event said it.' }),
  versions: Type.Integer(),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
});

/** `GET /storage/search`: own objects and the PUBLIC ones of others, newest first, any combination of filters. */
export function searchObjectsRoute({ database }: { database: Queryable }): Route {
  return defineRoute({
    method: 'GET',
    path: '/storage/search',
    operationId: 'searchObjects',
    summary: 'Find objects by bucket, file name, description and tags',
    auth: 'required',
    scopes: ['storage:read'],
    querySchema: Type.Object({
      bucket: Type.Optional(Type.String({ minLength: 1, maxLength: 63, description: 'The bucket’s exact name.' })),
      fileName: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, description: 'Part of the name, in any case.' })),
      description: Type.Optional(
        Type.String({ minLength: 1, maxLength: 2048, description: 'Part of the description, in any case.' }),
      ),
      tags: Type.Optional(
        Type.String({ minLength: 1, maxLength: 8192, description: 'Comma separated; an object must have all of them.' }),
      ),
      ...pageSchema().properties,
    }),
    fieldChecks: {
      'query/bucket': storableText,
      'query/fileName': storableText,
      'query/description': storableText,
      'query/tags': tagsFault,
      'query/after': cursorCheck(readPosition),
    },
    responses: {
      200: {
        description: 'A page',
        schema: Type.Object({ items: Type.Array(FoundObjectSchema), next: Type.Union([Type.String(), Type.Null()]) }),
      },
    },
    handler: async ({ query, requirePrincipal }) => {
      const { limit, after, bucket, fileName, description, tags } = query;
      const filters: SearchFilters = {
        ...(bucket === undefined ? {} : { bucket }),
        ...(fileName === undefined ? {} : { fileName }),
        ...(description === undefined ? {} : { description }),
        ...(tags === undefined ? {} : { tags: readTags(tags) }),
      };
      const found = await searchObjects(database, {
        callerId: requirePrincipal().userId,
        filters,
        limit: limit + 1,
        after: readPosition(after),
      });
      return { status: 200, body: pageOf(found, limit, (item) => ({ createdAt: item.createdAt, id: item.objectId })) };
    },
  });
}

/** Postgres holds anything but NUL. */
function storableText(text: string): string | undefined {
  return text.includes('\u0000') ? 'must not contain NUL' : undefined;
}

function tagsFault(text: string): string | undefined {
  const tags = readTags(text);
  if (tags.length > 0 && tags.length <= MAX_TAGS && tags.every((tag) => [...tag].length <= MAX_TAG_LENGTH))
    return storableText(text);
  return `must name 1 to ${MAX_TAGS} tags of at most ${MAX_TAG_LENGTH} characters`;
}

function readTags(text: string): string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== '');
}
