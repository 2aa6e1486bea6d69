import type { Queryable, Transaction } from '@throughline/postgres';
import { isAccessLevel } from '../domain/object-labels.ts';
import type { ObjectVersion, StoredObject } from '../domain/stored-object.ts';

/** Adds the object's present form to its versions. */
export async function insertVersion(tx: Transaction, object: StoredObject): Promise<void> {
  await tx.execute(
    `insert into object_versions (version_id, object_id, blob_id, size, etag, content_type, access_level, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    versionParameters(object),
  );
}

/** Writes the object's present form over its present version. */
export async function replaceVersion(tx: Transaction, object: StoredObject): Promise<void> {
  await tx.execute(
    `update object_versions set blob_id = $3, size = $4, etag = $5, content_type = $6, access_level = $7, created_at = $8
     where version_id = $1 and object_id = $2`,
    versionParameters(object),
  );
}

function versionParameters(object: StoredObject): unknown[] {
  return [
    object.versionId,
    object.objectId,
    object.blobId,
    object.size,
    object.etag,
    object.contentType,
    object.accessLevel,
    object.updatedAt,
  ];
}

/** One version of one object. */
export async function findVersion(database: Queryable, objectId: string, versionId: string): Promise<ObjectVersion | undefined> {
  const [row] = await database.query<{
    version_id: string;
    blob_id: string;
    size: string;
    etag: string;
    content_type: string;
    access_level: string;
    created_at: Date;
  }>(
    `select version_id, blob_id, size, etag, content_type, access_level, created_at from object_versions
     where version_id = $1 and object_id = $2`,
    [versionId, objectId],
  );
  return (
    row && {
      versionId: row.version_id,
      blobId: row.blob_id,
      size: Number(row.size),
      etag: row.etag,
      contentType: row.content_type,
      accessLevel: isAccessLevel(row.access_level) ? row.access_level : 'PRIVATE',
      createdAt: row.created_at,
    }
  );
}

/** What a deletion of objects came to. */
export interface DeletedVersions {
  readonly freedBytes: number;
  readonly versions: number;
  /** Objects of which nothing is left. */
  readonly objectIds: ReadonlySet<string>;
}

/**
 * Deletes versions of the objects (default: all, otherwise at most `maxVersions`), queues bytes that no version has any more, and deletes the objects that
 * have no version left. The objects must be locked.
 */
export async function deleteObjects(
  tx: Transaction,
  objectIds: readonly string[],
  options: { maxVersions?: number } = {},
): Promise<DeletedVersions> {
  const [freed] = await tx.query<{ bytes: string; versions: string }>(
    `with slice as (select version_id from object_versions where object_id = any($1) limit $2),
       gone as (delete from object_versions v using slice where v.version_id = slice.version_id returning v.blob_id, v.size),
       blobs as (select distinct blob_id, size from gone where not exists (
         select 1 from object_versions v where v.blob_id = gone.blob_id and v.version_id not in (select version_id from slice))),
       queued as (insert into blob_removals (blob_id) select blob_id from blobs)
     select (select coalesce(sum(size), 0) from blobs)::bigint as bytes, (select count(*) from gone) as versions`,
    [objectIds, options.maxVersions ?? null],
  );
  const deleted = await tx.query<{ object_id: string }>(
    `delete from objects o where object_id = any($1) and not exists (select 1 from object_versions v where v.object_id = o.object_id)
     returning object_id`,
    [objectIds],
  );
  return {
    freedBytes: Number(freed?.bytes ?? 0),
    versions: Number(freed?.versions ?? 0),
    objectIds: new Set(deleted.map((row) => row.object_id)),
  };
}
