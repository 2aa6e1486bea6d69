import type { Database, Queryable, Transaction } from '@throughline/postgres';
import type { Bucket } from '../domain/bucket.ts';

/** Which bucket: names are unique among one owner's. */
export interface BucketName {
  readonly ownerId: string;
  readonly name: string;
}

export interface BucketPage {
  readonly ownerId: string;
  readonly limit: number;
  /** The last name of the page before. */
  readonly afterName: string | undefined;
}

export interface BucketStore {
  find(bucket: BucketName): Promise<Bucket | undefined>;
  /** In order of names, at most `limit`. */
  list(page: BucketPage): Promise<readonly Bucket[]>;
  /** False when the owner has a bucket of that name; nothing is changed then. */
  insert(tx: Transaction, bucket: Bucket): Promise<boolean>;
  /** Holds the bucket's row until the transaction ends, which puts two writers of one bucket in order. */
  lock(tx: Transaction, bucket: BucketName): Promise<Bucket | undefined>;
  update(tx: Transaction, bucket: Bucket): Promise<void>;
  /** The bucket as it was last. */
  remove(tx: Transaction, bucket: BucketName): Promise<Bucket | undefined>;
}

interface BucketRow {
  readonly bucket_id: string;
  readonly owner_id: string;
  readonly name: string;
  readonly versioning_enabled: boolean;
  readonly revision: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = 'bucket_id, owner_id, name, versioning_enabled, revision, created_at, updated_at';
const BY_NAME = 'WHERE owner_id = $1 AND name = $2';

export function createBucketStore({ database }: { database: Database }): BucketStore {
  return {
    async find({ ownerId, name }) {
      // Asked once an upload, so it is prepared.
      const statement = { name: 'find-bucket' };
      const [row] = await database.query<BucketRow>(`SELECT ${COLUMNS} FROM buckets ${BY_NAME}`, [ownerId, name], statement);
      return row === undefined ? undefined : toBucket(row);
    },
    async list({ ownerId, limit, afterName }) {
      const rows = await database.query<BucketRow>(
        `SELECT ${COLUMNS} FROM buckets WHERE owner_id = $1 AND name > $2 ORDER BY name LIMIT $3`,
        [ownerId, afterName ?? '', limit],
      );
      return rows.map(toBucket);
    },
    async insert(tx, bucket) {
      const inserted = await tx.execute(
        `INSERT INTO buckets (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (owner_id, name) DO NOTHING`,
        [
          bucket.bucketId,
          bucket.ownerId,
          bucket.name,
          bucket.versioningEnabled,
          bucket.revision,
          bucket.createdAt,
          bucket.updatedAt,
        ],
      );
      return inserted === 1;
    },
    lock: (tx, { ownerId, name }) => first(tx, `SELECT ${COLUMNS} FROM buckets ${BY_NAME} FOR UPDATE`, [ownerId, name]),
    async update(tx, { bucketId, versioningEnabled, revision, updatedAt }) {
      await tx.execute('UPDATE buckets SET versioning_enabled = $2, revision = $3, updated_at = $4 WHERE bucket_id = $1', [
        bucketId,
        versioningEnabled,
        revision,
        updatedAt,
      ]);
    },
    remove: (tx, { ownerId, name }) => first(tx, `DELETE FROM buckets ${BY_NAME} RETURNING ${COLUMNS}`, [ownerId, name]),
  };
}

async function first(queryable: Queryable, sql: string, parameters: readonly unknown[]): Promise<Bucket | undefined> {
  const [row] = await queryable.query<BucketRow>(sql, parameters);
  return row === undefined ? undefined : toBucket(row);
}

function toBucket(row: BucketRow): Bucket {
  return {
    bucketId: row.bucket_id,
    ownerId: row.owner_id,
    name: row.name,
    versioningEnabled: row.versioning_enabled,
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
