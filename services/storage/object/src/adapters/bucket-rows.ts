import type { Queryable, Transaction } from '@throughline/postgres';
import type { KnownBucket } from '../domain/stored-object.ts';

/** What the bucket service or one of its events says of a bucket. */
export interface BucketStatement extends KnownBucket {
  /** Undefined: said by an event in its bare form. */
  readonly revision: number | undefined;
  /** RFC 3339 */
  readonly createdAt: string;
  /** When it was true, RFC 3339. */
  readonly asOf: string;
}

const NO_REVISION = -1;

interface BucketRow {
  bucket_id: string;
  owner_id: string;
  name: string;
  versioning_enabled: boolean;
  revision: string;
  deleted_at: Date | null;
}

/**
 * Takes over a statement that is newer than what is known; a deleted bucket stays as it is.
 * A statement without revision is newer when it is true of a later time.
 */
export async function recordBucket(tx: Transaction, bucket: BucketStatement): Promise<void> {
  await tx.execute(
    `insert into buckets as known (bucket_id, owner_id, name, versioning_enabled, revision, created_at, as_of)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (bucket_id) do update set versioning_enabled = excluded.versioning_enabled,
       revision = greatest(known.revision, excluded.revision), as_of = excluded.as_of, created_at = least(known.created_at, excluded.created_at)
     where known.deleted_at is null
       and (excluded.revision > known.revision or (excluded.revision = ${NO_REVISION} and excluded.as_of > known.as_of))`,
    [
      bucket.bucketId,
      bucket.ownerId,
      bucket.name,
      bucket.versioningEnabled,
      bucket.revision ?? NO_REVISION,
      bucket.createdAt,
      bucket.asOf,
    ],
  );
}

/**
 * The bucket of a write, held against deletion until the transaction ends; undefined when it is deleted.
 * The row is written only when `answer` is news, so that uploads into one bucket do not wait for each other.
 */
export async function holdBucket(tx: Transaction, answer: BucketStatement): Promise<KnownBucket | undefined> {
  const held = await keyShare(tx, answer.bucketId);
  if (held !== undefined && !isNewsOf(answer, held.revision)) return toLivingBucket(held);
  await recordBucket(tx, answer);
  const recorded = await keyShare(tx, answer.bucketId);
  return recorded && toLivingBucket(recorded);
}

/** Whether `answer` is newer than what is known at `revision`. */
export function isNewsOf(answer: BucketStatement, revision: string): boolean {
  return Number(revision) < (answer.revision ?? NO_REVISION);
}

async function keyShare(tx: Transaction, bucketId: string): Promise<BucketRow | undefined> {
  const [row] = await tx.query<BucketRow>(
    'select bucket_id, owner_id, name, versioning_enabled, revision, deleted_at from buckets where bucket_id = $1 for key share',
    [bucketId],
  );
  return row;
}

function toLivingBucket(row: BucketRow): KnownBucket | undefined {
  if (row.deleted_at !== null) return undefined;
  return { bucketId: row.bucket_id, ownerId: row.owner_id, name: row.name, versioningEnabled: row.versioning_enabled };
}

/** Marks a bucket as deleted for good, also one never heard of. Waits for the uploads that hold it; none gets in afterwards. */
export async function buryBucket(
  tx: Transaction,
  bucket: { bucketId: string; ownerId: string; name: string; deletedAt: string },
): Promise<void> {
  await tx.execute(
    `insert into buckets (bucket_id, owner_id, name, versioning_enabled, revision, created_at, as_of)
     values ($1, $2, $3, false, ${NO_REVISION}, $4, $4) on conflict (bucket_id) do nothing`,
    [bucket.bucketId, bucket.ownerId, bucket.name, bucket.deletedAt],
  );
  // An UPDATE alone would not wait for the key share of an upload.
  await tx.query('select 1 from buckets where bucket_id = $1 for update', [bucket.bucketId]);
  await tx.execute('update buckets set deleted_at = coalesce(deleted_at, $2) where bucket_id = $1', [
    bucket.bucketId,
    bucket.deletedAt,
  ]);
}

/** The bucket that an event in its bare form means: the newest of that name which existed when the event happened. */
export async function bucketIdAt(
  tx: Transaction,
  bucket: { ownerId: string; name: string; at: string },
): Promise<string | undefined> {
  const [row] = await tx.query<{ bucket_id: string }>(
    `select bucket_id from buckets where owner_id = $1 and name = $2 and created_at <= $3
       and (deleted_at is null or deleted_at >= $3) order by created_at desc limit 1`,
    [bucket.ownerId, bucket.name, bucket.at],
  );
  return row?.bucket_id;
}

/** Whether a living bucket of that name is known here. */
export async function isBucketKnown(database: Queryable, ownerId: string, name: string): Promise<boolean> {
  const rows = await database.query('select 1 from buckets where owner_id = $1 and name = $2 and deleted_at is null limit 1', [
    ownerId,
    name,
  ]);
  return rows.length > 0;
}
