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

/** Queues bytes for removal unless a version still has them; true when they are queued. */
export async function releaseBlob(tx: Transaction, blobId: string): Promise<boolean> {
  const queued = await tx.execute(
    'insert into blob_removals (blob_id) select $1 where not exists (select 1 from object_versions where blob_id = $1)',
    [blobId],
  );
  return queued === 1;
}

/** Deletes the objects with all their versions and queues their bytes; resolves to the bytes set free. The objects must be locked. */
export async function deleteObjects(tx: Transaction, objectIds: readonly string[]): Promise<number> {
  const [freed] = await tx.query<{ bytes: string }>(
    `with gone as (delete from object_versions where object_id = any($1) returning blob_id, size),
       blobs as (select distinct blob_id, size from gone),
       queued as (insert into blob_removals (blob_id) select blob_id from blobs)
     select coalesce(sum(size), 0)::bigint as bytes from blobs`,
    [objectIds],
  );
  await tx.execute('delete from objects where object_id = any($1)', [objectIds]);
  return Number(freed?.bytes ?? 0);
}
