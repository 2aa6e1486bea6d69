import type { Queryable } from '@throughline/postgres';
import { foldText } from '../domain/fold-text.ts';

/** Which objects a search wants. Every filter given must hold. */
export interface SearchFilters {
  readonly bucket?: string;
  /** Part of the name, in any case. */
  readonly fileName?: string;
  /** Part of the description, in any case. */
  readonly description?: string;
  /** All of them must be on the object. */
  readonly tags?: readonly string[];
}

/** Where a page begins: after the object that was created then and has this id. */
export interface PagePosition {
  readonly createdAt: string;
  readonly id: string;
}

export interface SearchRequest {
  /** Sees own objects and the PUBLIC ones of others. */
  readonly callerId: string;
  readonly filters: SearchFilters;
  readonly limit: number;
  readonly after: PagePosition | undefined;
}

export interface FoundObject {
  readonly objectId: string;
  readonly ownerId: string;
  readonly bucketName: string;
  readonly fileName: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly accessLevel: string;
  readonly size: number | null;
  readonly versions: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Newest first. The order never changes for objects that are there, so a page shows none twice while others are added. */
export async function searchObjects(database: Queryable, request: SearchRequest): Promise<FoundObject[]> {
  const { sql, parameters } = buildSearch(request);
  return database.query<FoundObject>(sql, parameters);
}

/**
 * One branch for own objects and one for the public ones of others, each walking its index in page order;
 * with an OR in one branch Postgres would have to read and sort everything visible.
 */
export function buildSearch({ callerId, filters, limit, after }: SearchRequest): { sql: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const parameter = (value: unknown): string => `$${parameters.push(value)}`;
  const caller = parameter(callerId);
  const conditions = filterConditions(filters, parameter);
  if (after !== undefined) {
    conditions.push(`(created_at, object_id) < (${parameter(after.createdAt)}::timestamptz, ${parameter(after.id)}::uuid)`);
  }
  const limitParameter = parameter(limit);
  const branch = (visibility: string): string =>
    `(SELECT * FROM object_metadata WHERE ${[visibility, ...conditions].join(' AND ')} ORDER BY created_at DESC, object_id DESC LIMIT ${limitParameter})`;
  const sql = `
    SELECT object_id AS "objectId", owner_id AS "ownerId", bucket_name AS "bucketName", file_name AS "fileName",
      coalesce(description, '') AS description, coalesce(tags, '{}') AS tags, coalesce(access_level, 'PRIVATE') AS "accessLevel",
      size::float8 AS size, (SELECT count(*)::int FROM object_versions v
        WHERE v.object_id = page.object_id AND (page.owner_id = ${caller} OR v.access_level = 'PUBLIC')) AS versions,
      to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt",
      to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "updatedAt"
    FROM (
      SELECT * FROM (
        ${branch(`owner_id = ${caller}`)}
        UNION ALL
        ${branch(`access_level = 'PUBLIC' AND owner_id <> ${caller}`)}
      ) AS visible ORDER BY created_at DESC, object_id DESC LIMIT ${limitParameter}
    ) AS page
    ORDER BY page.created_at DESC, page.object_id DESC`;
  return { sql, parameters };
}

function filterConditions(filters: SearchFilters, parameter: (value: unknown) => string): string[] {
  const conditions: string[] = [];
  if (filters.bucket !== undefined) conditions.push(`bucket_name = ${parameter(filters.bucket)}`);
  if (filters.fileName !== undefined) conditions.push(`file_name_folded LIKE ${parameter(containsPattern(filters.fileName))}`);
  if (filters.description !== undefined)
    conditions.push(`description_folded LIKE ${parameter(containsPattern(filters.description))}`);
  if (filters.tags !== undefined && filters.tags.length > 0) conditions.push(`tags @> ${parameter(filters.tags)}::text[]`);
  return conditions;
}

/** A LIKE pattern for "contains exactly this": what LIKE would read as a wildcard is escaped. */
export function containsPattern(text: string): string {
  return `%${foldText(text).replace(/[\\%_]/g, '\\$&')}%`;
}
