import { keyOf } from './send-in-order.ts';
import type { UnsentRow } from './waiting-rows.ts';

/**
 * The rows that may go in one send: of each key the first ones that go to one topic with one record key.
 * What a batch puts into different partitions can succeed in one and fail in another, so the rest of such a key waits for the next batch.
 */
export function chooseBatch(rows: readonly UnsentRow[]): UnsentRow[] {
  const destinations = new Map<string, string>();
  const stopped = new Set<string>();
  return rows.filter((row) => {
    const key = keyOf(row);
    const destination = `${row.topic}\0${row.record_key?.toString('latin1') ?? ''}`;
    if ((destinations.get(key) ?? destination) !== destination) stopped.add(key);
    if (stopped.has(key)) return false;
    destinations.set(key, destination);
    return true;
  });
}
