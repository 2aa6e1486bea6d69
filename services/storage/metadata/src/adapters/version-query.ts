import type { Queryable } from '@throughline/postgres';
import type { PagePosition } from './search-query.ts';

export interface FoundVersion {
  readonly versionId: string;
  readonly createdAt: string;
  readonly size: number | null;
  readonly etag: string | null;
}

export interface VersionsRequest {
  readonly callerId: string;
  readonly objectId: string;
  readonly limit: number;
  readonly after: PagePosition | undefined;
}

/** An object's versions, newest first, for others than its owner only those that were PUBLIC; undefined when there is no such object that the caller may see. */
export async function listObjectVersions(database: Queryable, request: VersionsRequest): Promise<FoundVersion[] | undefined> {
  const { callerId, objectId, limit, after } = request;
  const [visible] = await database.query<{ isOwner: boolean }>(
    `SELECT owner_id = $2 AS "isOwner" FROM object_metadata WHERE object_id = $1 AND (owner_id = $2 OR access_level = 'PUBLIC')`,
    [objectId, callerId],
  );
  if (visible === undefined) return undefined;
  return database.query<FoundVersion>(
    `SELECT version_id AS "versionId", to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt",
       size::float8 AS size, etag
     FROM object_versions
     WHERE object_id = $1 AND ($2::timestamptz IS NULL OR (created_at, version_id) < ($2::timestamptz, $3::uuid))
       AND ($5 OR access_level = 'PUBLIC')
     ORDER BY object_versions.created_at DESC, version_id DESC LIMIT $4`,
    [objectId, after?.createdAt ?? null, after?.id ?? null, limit, visible.isOwner],
  );
}
