import type { IncomingRecord } from '../record.ts';
import type { Delivery, Leaver } from './delivery.ts';
import type { HeldClaims } from './held-claims.ts';
import { keyOf } from './key-of.ts';
import type { Quarantine } from './quarantine.ts';
import type { ChunkReport } from './report-deliveries.ts';

/** A chunk of records at work. */
export interface Chunk {
  readonly signal: AbortSignal;
  readonly claims: HeldClaims;
  readonly quarantine: Quarantine;
  readonly report: ChunkReport;
  readonly finish: (records: readonly IncomingRecord[]) => void;
  readonly leavers: Leavers;
  /** Why nothing of the chunk is begun any more: a store is away, or the assignment is. */
  stopped: { readonly error: unknown } | undefined;
  /** Handlers that kept the others waiting, with none before them in their transactions that did not. */
  slowInARow: number;
}

/** Who goes alone: deliveries that cannot go with the others, and the later ones of their keys, in order. */
export class Leavers {
  readonly #lanes = new Map<string | Delivery, Leaver[]>();

  add(delivery: Delivery, failed?: Leaver['failed']): void {
    const lane = keyOf(delivery.record) ?? delivery;
    const waiting = this.#lanes.get(lane);
    if (waiting === undefined) this.#lanes.set(lane, [{ delivery, failed }]);
    else waiting.push({ delivery, failed });
  }

  /** Whether an earlier one of its key has left. */
  precede({ record }: Delivery): boolean {
    if (this.#lanes.size === 0) return false;
    const lane = this.#lanes.get(keyOf(record) ?? '');
    return record.key !== null && (lane ?? []).some(({ delivery }) => delivery.record.offset < record.offset);
  }

  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  /** One list a key, in the order of the chunk, which is that of offsets; one that left early may lie behind one that left late. */
  lanes(): readonly (readonly Leaver[])[] {
    return [...this.#lanes.values()].map((lane) => lane.toSorted(byOffset));
  }
}

function byOffset(left: Leaver, right: Leaver): number {
  return left.delivery.record.offset < right.delivery.record.offset ? -1 : 1;
}
