import type { ParkingBounds } from '@throughline/messaging';
import type { Queryable } from '../database/database.ts';

export function toParkingBounds(given: Partial<ParkingBounds> = {}): ParkingBounds {
  return { maxPerKey: 10_000, maxPerGroup: 100_000, ...given };
}

/**
 * Records that the group has parked. What other transactions are parking right now is not seen: at the bound as many more may get in as such transactions hold records.
 * A counter a group would be exact, and every transaction that parks or releases would wait for the one before.
 */
export async function countParked(tx: Queryable, group: string): Promise<number> {
  const [row] = await tx.query<{ parked: number }>(
    'SELECT coalesce(sum(parked_records), 0)::int AS parked FROM parked_keys WHERE consumer_group = $1',
    [group],
  );
  return row?.parked ?? 0;
}
