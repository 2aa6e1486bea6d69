import type { IncomingRecord } from './record.ts';

/** What waits for its turn among records of its key; undefined lane = waits for nobody. */
export interface LaneEntry {
  readonly lane: string | undefined;
}

/**
 * One lane for each key that has a record ready, in work or backing off; the others of the key wait in it. Lanes outlive an assignment:
 * a key that comes back while its former work still runs waits for its end.
 */
export class KeyLanes<Entry extends LaneEntry> {
  readonly #lanes = new Map<string, Entry[]>();

  /** True when the entry may begin at once; otherwise it waits in its lane. */
  enter(entry: Entry): boolean {
    if (entry.lane === undefined) return true;
    const waiting = this.#lanes.get(entry.lane);
    if (waiting === undefined) {
      this.#lanes.set(entry.lane, []);
      return true;
    }
    waiting.push(entry);
    return false;
  }

  /** Ends the entry's turn; the next of its lane that still counts, if any. */
  leave(entry: Entry, counts: (entry: Entry) => boolean): Entry | undefined {
    if (entry.lane === undefined) return undefined;
    const waiting = this.#lanes.get(entry.lane) ?? [];
    let next = waiting.shift();
    while (next !== undefined && !counts(next)) next = waiting.shift();
    if (next === undefined) this.#lanes.delete(entry.lane);
    return next;
  }
}

/** Order holds within (topic, key). */
export function laneOf(record: IncomingRecord): string | undefined {
  return record.key === null ? undefined : `${record.topic}\0${record.key.toString('latin1')}`;
}
