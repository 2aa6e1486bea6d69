import type { Queryable, StatementOptions, Transaction } from '@throughline/postgres';
import { isAccessLevel } from '../domain/object-labels.ts';
import type { StoredObject } from '../domain/stored-object.ts';

export interface ObjectRow {
  object_id: string;
  bucket_id: string;
  bucket_name: string;
  owner_id: string;
  name: string;
  description: string;
  tags: string[];
  access_level: string;
  version_id: string;
  blob_id: string;
  size: string;
  etag: string;
  content_type: string;
  revision: string;
  created_at: Date;
  updated_at: Date;
  versioning_enabled: boolean;
}

/** Columns of an ObjectRow; `o` is the object, `b` its bucket. */
export const OBJECT_COLUMNS = `o.object_id, o.bucket_id, o.bucket_name, o.owner_id, o.name, o.description, o.tags, o.access_level, o.version_id,
  o.blob_id, o.size, o.etag, o.content_type, o.revision, o.created_at, o.updated_at, b.versioning_enabled`;

/** Objects that `where` selects, e.g. `where o.bucket_id = $1 for update of o`. */
export async function selectObjects(
  database: Queryable,
  where: string,
  parameters: readonly unknown[],
  options?: StatementOptions,
): Promise<StoredObject[]> {
  const rows = await database.query<ObjectRow>(
    `select ${OBJECT_COLUMNS} from objects o join buckets b on b.bucket_id = o.bucket_id ${where}`,
    parameters,
    options,
  );
  return rows.map(toObject);
}

/** The object of that name, locked until the transaction ends. */
export async function lockObject(tx: Transaction, bucketId: string, fileName: string): Promise<StoredObject | undefined> {
  const [object] = await selectObjects(
    tx,
    'where o.bucket_id = $1 and o.name = $2 for no key update of o',
    [bucketId, fileName],
    {
      name: 'object-lock',
    },
  );
  return object;
}

/** Writes the changed form of a locked object. */
export async function updateObject(tx: Transaction, object: StoredObject): Promise<void> {
  await tx.execute(
    `update objects set description = $2, tags = $3, access_level = $4, version_id = $5, blob_id = $6, size = $7, etag = $8, content_type = $9,
       revision = $10, updated_at = $11 where object_id = $1`,
    [
      object.objectId,
      object.description,
      object.tags,
      object.accessLevel,
      object.versionId,
      object.blobId,
      object.size,
      object.etag,
      object.contentType,
      object.revision,
      object.updatedAt,
    ],
  );
}

/** As the rest of the service knows it. */
export function toObject(row: ObjectRow): StoredObject {
  return {
    objectId: row.object_id,
    bucketId: row.bucket_id,
    bucketName: row.bucket_name,
    ownerId: row.owner_id,
    fileName: row.name,
    description: row.description,
    tags: row.tags,
    accessLevel: isAccessLevel(row.access_level) ? row.access_level : 'PRIVATE',
    versionId: row.version_id,
    blobId: row.blob_id,
    size: Number(row.size),
    etag: row.etag,
    contentType: row.content_type,
    revision: Number(row.revision),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    versionEnabled: row.versioning_enabled,
  };
}
