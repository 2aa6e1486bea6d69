import type { InboxEntry } from '../inbox.ts';
import type { ParkedFailure, ParkingBounds } from '../parking-lot.ts';
import { type InboxMemory, lockOf, nameOf, type ParkedRow } from './inbox-memory.ts';

const DEFAULT_BOUNDS: ParkingBounds = { maxPerKey: 10_000, maxPerGroup: 100_000 };

/** Puts an entry behind what is parked of its key, or as its head. */
export function parkBehind(
  memory: InboxMemory,
  entry: InboxEntry,
  bounds: Partial<ParkingBounds> = {},
  failure?: ParkedFailure,
): 'parked' | 'parking-full' {
  const { maxPerKey, maxPerGroup } = { ...DEFAULT_BOUNDS, ...bounds };
  const lock = lockOf(entry);
  if (lock === undefined) throw new TypeError('Only an entry with parksBehind can be parked');
  const { group } = entry.key;
  const key = memory.parked.get(lock) ?? { group, rows: [] };
  if (key.rows.length > maxPerKey || parkedIn(memory, group) >= maxPerGroup) return 'parking-full';
  memory.handled.add(nameOf(entry.key));
  const isHead = key.rows.length === 0;
  memory.positions += 1;
  const row: ParkedRow = {
    entry,
    position: String(memory.positions),
    attempts: isHead ? (failure?.attempts ?? 0) : 0,
    firstFailedAtMs: failure?.firstFailedAtMs,
    lastError: failure?.lastError,
    nextAttemptAtMs: isHead ? failure?.nextAttemptAtMs : undefined,
  };
  key.rows.push(row);
  memory.parked.set(lock, key);
  if (isHead && failure?.letter !== undefined) memory.storeLetter(failure.letter);
  return 'parked';
}

function parkedIn({ parked }: InboxMemory, group: string): number {
  let rows = 0;
  for (const key of parked.values()) if (key.group === group) rows += key.rows.length;
  return rows;
}
