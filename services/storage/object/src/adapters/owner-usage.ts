import type { Transaction } from '@throughline/postgres';
import type { Usage } from '../domain/quota.ts';

const SLOTS = 16;

/**
 * Adds to what the owner stores and resolves to the new sum. A row stays locked until the commit is on disk, so one row an owner would let an owner
 * store one object after the other: the sum is spread over slots. What the owner's other uploads add at this moment is not in the sum yet, so a quota
 * can be exceeded by as much as is under way at once. Call it last, for the same reason.
 */
export async function addUsage(tx: Transaction, ownerId: string, change: Usage): Promise<Usage> {
  const [row] = await tx.query<{ bytes: string; objects: string }>(
    `with changed as (
       insert into owner_usage (owner_id, slot, bytes, objects) values ($1, $2, $3, $4)
       on conflict (owner_id, slot) do update set bytes = owner_usage.bytes + excluded.bytes, objects = owner_usage.objects + excluded.objects
       returning bytes, objects)
     select changed.bytes + coalesce(sum(other.bytes), 0) as bytes, changed.objects + coalesce(sum(other.objects), 0) as objects
     from changed left join owner_usage other on other.owner_id = $1 and other.slot <> $2 group by changed.bytes, changed.objects`,
    [ownerId, Math.floor(Math.random() * SLOTS), change.bytes, change.objects],
  );
  return { bytes: Number(row?.bytes), objects: Number(row?.objects) };
}
