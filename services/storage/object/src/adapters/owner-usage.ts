import type { Queryable, Transaction } from '@throughline/postgres';
import type { Usage } from '../domain/quota.ts';

/**
 * The row of an owner's usage that a statement adds to. A row stays locked until the commit is on disk, so one row an owner would let an owner store one
 * object after the other: the sum is spread over 16, and the connections of one pool, made one after the other, mostly have one each.
 */
export const USAGE_SLOT = '(pg_backend_pid() % 16)::smallint';

/** Adds to what the owner stores. Call it last, because of the lock. */
export async function addUsage(tx: Transaction, ownerId: string, change: Usage): Promise<void> {
  await tx.execute(
    `insert into owner_usage (owner_id, slot, bytes, objects) values ($1, ${USAGE_SLOT}, $2, $3)
     on conflict (owner_id, slot) do update set bytes = owner_usage.bytes + excluded.bytes, objects = owner_usage.objects + excluded.objects`,
    [ownerId, change.bytes, change.objects],
  );
}

/** What the owner stores. */
export async function readUsage(database: Queryable, ownerId: string): Promise<Usage> {
  const [sum] = await database.query<{ bytes: string; objects: string }>(
    'select coalesce(sum(bytes), 0) as bytes, coalesce(sum(objects), 0) as objects from owner_usage where owner_id = $1',
    [ownerId],
  );
  return { bytes: Number(sum?.bytes ?? 0), objects: Number(sum?.objects ?? 0) };
}
