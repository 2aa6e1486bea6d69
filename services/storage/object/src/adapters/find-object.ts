import type { Database } from '@throughline/postgres';
import { prefixUpperBound } from '../domain/prefix-bound.ts';
import type { ObjectVersion, StoredObject } from '../domain/stored-object.ts';
import { isBucketKnown } from './bucket-rows.ts';
import { selectObjects } from './object-rows.ts';
import { findVersion } from './version-rows.ts';

/** Reads of objects; each is one statement on an index. Objects of a deleted bucket are not there, whether or not they are cleaned up yet. */
export interface ObjectReader {
  /** In the newest living bucket of that owner and name. */
  ofOwner(ownerId: string, bucketName: string, fileName: string): Promise<StoredObject | undefined>;
  /** In that bucket, living or not. */
  inBucket(bucketId: string, fileName: string): Promise<StoredObject | undefined>;
  /** The one PUBLIC object of that name in a bucket of that name, whoever owns it; undefined when there is none, or more than one. */
  onlyPublic(bucketName: string, fileName: string): Promise<StoredObject | undefined>;
  version(objectId: string, versionId: string): Promise<ObjectVersion | undefined>;
  /** In order of name (UTF-8 bytes), at most `limit`, after the name `after`. */
  list(request: {
    ownerId: string;
    bucketName: string;
    prefix: string;
    after: string | undefined;
    limit: number;
  }): Promise<StoredObject[]>;
  isBucketKnown(ownerId: string, bucketName: string): Promise<boolean>;
}

const NEWEST_BUCKET = `(select bucket_id from buckets where owner_id = $1 and name = $2 and deleted_at is null order by created_at desc limit 1)`;

export function createObjectReader({ database }: { database: Database }): ObjectReader {
  return {
    async ofOwner(ownerId, bucketName, fileName) {
      const where = `where o.bucket_id = ${NEWEST_BUCKET} and o.name = $3`;
      const [object] = await selectObjects(database, where, [ownerId, bucketName, fileName], { name: 'object-of-owner' });
      return object;
    },

    async inBucket(bucketId, fileName) {
      const where = 'where o.bucket_id = $1 and o.name = $2';
      const [object] = await selectObjects(database, where, [bucketId, fileName], { name: 'object-in-bucket' });
      return object;
    },

    async onlyPublic(bucketName, fileName) {
      const objects = await selectObjects(
        database,
        `where o.bucket_name = $1 and o.name = $2 and o.access_level = 'PUBLIC' and b.deleted_at is null limit 2`,
        [bucketName, fileName],
        { name: 'object-only-public' },
      );
      return objects.length === 1 ? objects[0] : undefined;
    },

    version: (objectId, versionId) => findVersion(database, objectId, versionId),

    list: ({ ownerId, bucketName, prefix, after, limit }) =>
      selectObjects(
        database,
        `where o.bucket_id = ${NEWEST_BUCKET} and o.name >= $3 and ($4::text is null or o.name < $4) and ($5::text is null or o.name > $5)
         order by o.name limit $6`,
        [ownerId, bucketName, prefix, prefixUpperBound(prefix) ?? null, after ?? null, limit],
      ),

    isBucketKnown: (ownerId, bucketName) => isBucketKnown(database, ownerId, bucketName),
  };
}
