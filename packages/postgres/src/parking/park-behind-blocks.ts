import type { InboxEntry, ParkingBounds } from '@throughline/messaging';
import type { Transaction } from '../database/database.ts';
import { forgetProcessed } from '../inbox/processed-events.ts';
import { appendParked, type BlockName, blockNameOf } from './parked-rows.ts';
import { countParked } from './parking-bounds.ts';

export interface HeldEntries {
  /** Wait behind their keys' blocks: to be appended when the others' work is done. */
  readonly parking: readonly InboxEntry[];
  /** Find no room and are unknown again. */
  readonly full: readonly InboxEntry[];
}

interface Block {
  readonly consumer_group: string;
  readonly topic: string;
  readonly key_id: Buffer;
  readonly parked_records: number;
}

/**
 * Which entries must not be handled because their key is blocked. Only after they were recorded as processed, in the same transaction; until its end no block that was found can go, and nobody
 * can park an earlier record of the keys without one (docs/adr/0010).
 */
export async function holdBehindBlocks(
  tx: Transaction,
  entries: readonly InboxEntry[],
  bounds: ParkingBounds,
): Promise<HeldEntries> {
  const names = entries.map(blockNameOf);
  if (entries.length === 0 || !(await isAnyBlocked(tx, names))) return { parking: [], full: [] };
  const blocks = await lockBlocks(tx, names, 'KEY SHARE');
  if (blocks.length === 0) return { parking: [], full: [] };
  const held = await shareRoom(tx, { entries, blocks, bounds });
  if (held.full.length > 0) {
    await forgetProcessed(
      tx,
      held.full.map(({ key }) => key),
    );
  }
  return held;
}

/**
 * Appends what waits. After the work of the others, since heads cannot be taken, nor their next try be set, from here to the commit.
 * `duplicate`: it was parked already.
 */
export async function appendHeld(
  tx: Transaction,
  { parking, full }: HeldEntries,
): Promise<ReadonlyMap<InboxEntry, 'parked' | 'duplicate' | 'parking-full'>> {
  const outcomes = new Map<InboxEntry, 'parked' | 'duplicate' | 'parking-full'>(full.map((entry) => [entry, 'parking-full']));
  if (parking.length === 0) return outcomes;
  await lockBlocks(tx, parking.map(blockNameOf), 'NO KEY UPDATE');
  const positions = await appendParked(tx, parking);
  for (const [index, entry] of parking.entries()) outcomes.set(entry, positions[index] === undefined ? 'duplicate' : 'parked');
  return outcomes;
}

/** What nearly every chunk asks, and nearly always hears no to; a plan of it that knows a small table does no harm in a large one. */
async function isAnyBlocked(tx: Transaction, names: readonly BlockName[]): Promise<boolean> {
  const groups = [...new Set(names.map(({ group }) => group))];
  const rows = await tx.query('SELECT 1 FROM parked_keys WHERE consumer_group = ANY($1::text[]) LIMIT 1', [groups], {
    name: 'parking_any_blocked',
  });
  return rows.length > 0;
}

/**
 * In one order everywhere, like the records of what is processed; those come first. `KEY SHARE` keeps a block where it is and lets its head be taken meanwhile; `NO KEY UPDATE` is what changing its
 * counters needs. Planned anew each time: prepared while the table is small it would read all of it in each chunk when many keys fail at once (100 ms a chunk with 100,000 blocked keys).
 */
function lockBlocks(
  tx: Transaction,
  names: readonly BlockName[],
  strength: 'KEY SHARE' | 'NO KEY UPDATE',
): Promise<readonly Block[]> {
  return tx.query<Block>(
    `SELECT consumer_group, topic, key_id, parked_records FROM parked_keys
     JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::bytea[]) AS each (consumer_group, topic, key_id)) AS given
       USING (consumer_group, topic, key_id)
     ORDER BY consumer_group COLLATE "C", topic COLLATE "C", key_id FOR ${strength} OF parked_keys`,
    [names.map(({ group }) => group), names.map(({ topic }) => topic), names.map(({ keyId }) => keyId)],
  );
}

/** In the order of the entries: once one of a key finds no room, none behind it does. */
async function shareRoom(
  tx: Transaction,
  { entries, blocks, bounds }: { entries: readonly InboxEntry[]; blocks: readonly Block[]; bounds: ParkingBounds },
): Promise<HeldEntries> {
  const roomOfKey = new Map(blocks.map((block) => [nameOfBlock(block), bounds.maxPerKey + 1 - block.parked_records]));
  const roomOfGroup = new Map<string, number>();
  for (const group of new Set(blocks.map(({ consumer_group }) => consumer_group))) {
    roomOfGroup.set(group, bounds.maxPerGroup - (await countParked(tx, group)));
  }
  const parking: InboxEntry[] = [];
  const full: InboxEntry[] = [];
  for (const entry of entries) {
    const { group, topic, keyId } = blockNameOf(entry);
    const name = nameOfBlock({ consumer_group: group, topic, key_id: keyId });
    const room = roomOfKey.get(name);
    if (room === undefined) continue;
    const left = roomOfGroup.get(group) ?? 0;
    const isFull = room <= 0 || left <= 0;
    (isFull ? full : parking).push(entry);
    roomOfKey.set(name, room - 1);
    roomOfGroup.set(group, left - 1);
  }
  return { parking, full };
}

function nameOfBlock({ consumer_group, topic, key_id }: Omit<Block, 'parked_records'>): string {
  return `${consumer_group}\0${topic}\0${key_id.toString('base64')}`;
}
