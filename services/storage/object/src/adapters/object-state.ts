import type { Queryable } from '@throughline/postgres';
import type { Usage } from '../domain/quota.ts';
import type { KnownBucket, StoredObject } from '../domain/stored-object.ts';
import { type BucketStatement, isNewsOf } from './bucket-rows.ts';
import { OBJECT_COLUMNS, type ObjectRow, toObject } from './object-rows.ts';

/** What a write to a name begins with. */
export interface ObjectState {
  readonly bucket: KnownBucket;
  /** The object of that name. */
  readonly current: StoredObject | undefined;
  /** Whether another version than the present one has the same bytes. */
  readonly isBlobShared: boolean;
  /** Of the bucket's owner. */
  readonly usage: Usage;
}

interface StateRow extends Omit<ObjectRow, 'object_id'> {
  readonly object_id: string | null;
  readonly known_revision: string | null;
  readonly is_deleted: boolean;
  readonly is_blob_shared: boolean;
  readonly used_bytes: string;
  readonly used_objects: string;
}

const SELECT_STATE = `
  select ${OBJECT_COLUMNS}, b.revision as known_revision, b.deleted_at is not null as is_deleted, used.bytes as used_bytes, used.objects as used_objects,
    exists (select 1 from object_versions v where v.blob_id = o.blob_id and v.version_id <> o.version_id) as is_blob_shared
  from (select coalesce(sum(bytes), 0) as bytes, coalesce(sum(objects), 0) as objects from owner_usage where owner_id = $3) as used
  left join buckets b on b.bucket_id = $1 left join objects o on o.bucket_id = $1 and o.name = $2`;

/** Looks without locking. `unknown`: the bucket is not known here as `answer` tells of it, or was deleted. */
export async function readObjectState(
  database: Queryable,
  answer: BucketStatement,
  fileName: string,
): Promise<ObjectState | 'unknown'> {
  const parameters = [answer.bucketId, fileName, answer.ownerId];
  const [row] = await database.query<StateRow>(SELECT_STATE, parameters, { name: 'object-state' });
  if (row === undefined || row.known_revision === null || row.is_deleted || isNewsOf(answer, row.known_revision))
    return 'unknown';
  const { bucketId, ownerId, name } = answer;
  return {
    bucket: { bucketId, ownerId, name, versioningEnabled: row.versioning_enabled },
    current: row.object_id === null ? undefined : toObject({ ...row, object_id: row.object_id }),
    isBlobShared: row.is_blob_shared,
    usage: { bytes: Number(row.used_bytes), objects: Number(row.used_objects) },
  };
}
