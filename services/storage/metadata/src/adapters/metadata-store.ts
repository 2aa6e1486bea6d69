import type { Queryable } from '@throughline/postgres';
import { foldText } from '../domain/fold-text.ts';
import type { ObjectMetadata, ObjectVersion } from '../domain/object-metadata.ts';

/** Present state of one object, under a lock that lasts until the transaction ends. */
export type ObjectState =
  | { readonly isDeleted: true }
  | { readonly isDeleted: false; readonly metadata: ObjectMetadata | undefined };

const UTC = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

const SELECT_STATE = `
  SELECT EXISTS (SELECT 1 FROM deleted_objects WHERE object_id = $1) AS "isDeleted",
    m.object_id AS "objectId", m.bucket_id AS "bucketId", m.owner_id AS "ownerId", m.bucket_name AS "bucketName",
    m.file_name AS "fileName", m.description, m.tags, m.access_level AS "accessLevel", m.size::float8 AS size,
    m.content_type AS "contentType", m.etag, m.revision::float8 AS revision,
    to_char(m.occurred_at AT TIME ZONE 'UTC', ${UTC}) AS "occurredAt",
    to_char(m.created_at AT TIME ZONE 'UTC', ${UTC}) AS "createdAt",
    to_char(m.updated_at AT TIME ZONE 'UTC', ${UTC}) AS "updatedAt"
  FROM (SELECT $1::uuid AS id) AS wanted LEFT JOIN object_metadata m ON m.object_id = wanted.id`;

const UPSERT_METADATA = `
  INSERT INTO object_metadata (object_id, bucket_id, owner_id, bucket_name, file_name, file_name_folded, description, description_folded,
    tags, access_level, size, content_type, etag, revision, occurred_at, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
  ON CONFLICT (object_id) DO UPDATE SET bucket_id = excluded.bucket_id, owner_id = excluded.owner_id, bucket_name = excluded.bucket_name,
    file_name = excluded.file_name, file_name_folded = excluded.file_name_folded, description = excluded.description,
    description_folded = excluded.description_folded, tags = excluded.tags, access_level = excluded.access_level, size = excluded.size,
    content_type = excluded.content_type, etag = excluded.etag, revision = excluded.revision, occurred_at = excluded.occurred_at,
    created_at = excluded.created_at, updated_at = excluded.updated_at`;

const UPSERT_METADATA_AND_VERSION = `
  WITH saved AS (${UPSERT_METADATA} RETURNING object_id)
  INSERT INTO object_versions (version_id, object_id, revision, created_at, size, etag, access_level)
  SELECT $18, object_id, $19, $20, $21, $22, $23 FROM saved
  ON CONFLICT (version_id) DO UPDATE SET revision = excluded.revision, created_at = excluded.created_at, size = excluded.size, etag = excluded.etag,
    access_level = excluded.access_level
  WHERE excluded.revision > object_versions.revision`;

/**
 * Reads an object's state for a change. The lock is advisory because there may be no row yet: after a rebalance two members can
 * hold events of one object for a moment, and neither a creation beside a deletion nor two first events may slip past each other.
 */
export async function lockObject(tx: Queryable, objectId: string): Promise<ObjectState> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [objectId], { name: 'object-lock' });
  const [row] = await tx.query<{ isDeleted: boolean; objectId: string | null } & Record<string, unknown>>(
    SELECT_STATE,
    [objectId],
    { name: 'object-state' },
  );
  if (row === undefined || row.objectId === null)
    return row?.isDeleted ? { isDeleted: true } : { isDeleted: false, metadata: undefined };
  const { isDeleted: _isDeleted, ...metadata } = row;
  return { isDeleted: false, metadata: metadata as unknown as ObjectMetadata };
}

/** Writes what is known of an object now, and adds the version, or writes over it what a newer change of it says: one statement, as it is done for each event. */
export async function saveObject(tx: Queryable, metadata: ObjectMetadata, version: ObjectVersion | undefined): Promise<void> {
  if (version === undefined) {
    await tx.execute(UPSERT_METADATA, metadataParameters(metadata), { name: 'object-save' });
    return;
  }
  const parameters = [
    ...metadataParameters(metadata),
    version.versionId,
    version.revision,
    version.createdAt,
    version.size,
    version.etag,
    version.accessLevel,
  ];
  await tx.execute(UPSERT_METADATA_AND_VERSION, parameters, { name: 'object-save-version' });
}

function metadataParameters(metadata: ObjectMetadata): unknown[] {
  return [
    metadata.objectId,
    metadata.bucketId,
    metadata.ownerId,
    metadata.bucketName,
    metadata.fileName,
    foldText(metadata.fileName),
    metadata.description,
    metadata.description === null ? null : foldText(metadata.description),
    metadata.tags,
    metadata.accessLevel,
    metadata.size,
    metadata.contentType,
    metadata.etag,
    metadata.revision,
    metadata.occurredAt,
    metadata.createdAt,
    metadata.updatedAt,
  ];
}

/** Removes an object with its versions, for good: what is still to come about it changes nothing. */
export async function deleteObject(tx: Queryable, objectId: string, deletedAt: string): Promise<void> {
  await tx.execute('INSERT INTO deleted_objects (object_id, deleted_at) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    objectId,
    deletedAt,
  ]);
  await tx.execute('DELETE FROM object_metadata WHERE object_id = $1', [objectId]);
}
