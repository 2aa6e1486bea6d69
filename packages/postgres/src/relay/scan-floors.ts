import type { ShardLease } from './shard-leases.ts';
import type { UnsentRow } from './waiting-rows.ts';

/** A look at new rows, after they were settled. */
export interface SettledLook {
  readonly leases: readonly ShardLease[];
  /** In the order of the shards, each shard's by `seq`. */
  readonly rows: readonly UnsentRow[];
  /** Rows that are still new: not sent, not set waiting. */
  readonly unsettled: readonly UnsentRow[];
  /** Up to which no row can appear any more, known before the look began. */
  readonly watermark: bigint;
  /** Nothing was cut off by the bounds on rows and bytes of all shards together. */
  readonly isWhole: boolean;
  readonly maxRowsPerShard: number;
}

/**
 * Where the next look at a shard may begin. What was sent stays in the index for as long as some transaction anywhere in the cluster is open that began before, and a look from the start steps
 * over all of it: with 200,000 rows behind it a batch took seconds.
 */
export class ScanFloors {
  /** By shard; of another epoch it is not believed. */
  readonly #floors = new Map<number, { readonly epoch: string; readonly seq: bigint }>();

  /** No row of the shard up to this `seq` is new, nor will be. */
  of({ shard, epoch }: ShardLease): bigint {
    const floor = this.#floors.get(shard);
    return floor?.epoch === epoch ? floor.seq : 0n;
  }

  /** Rows were made new again. */
  reset(): void {
    this.#floors.clear();
  }

  advance({ leases, rows, unsettled, watermark, isWhole, maxRowsPerShard }: SettledLook): void {
    const byShard = Map.groupBy(rows, ({ shard }) => shard);
    const lowest = new Map(unsettled.toReversed().map(({ shard, seq }) => [shard, BigInt(seq)]));
    for (const lease of leases) {
      const own = byShard.get(lease.shard) ?? [];
      const last = own.at(-1);
      const isAll = isWhole && own.length < maxRowsPerShard;
      if (!isAll && last === undefined) continue;
      const looked = isAll || last === undefined ? watermark : least(watermark, BigInt(last.seq));
      const left = lowest.get(lease.shard);
      const seq = left === undefined ? looked : least(looked, left - 1n);
      if (seq > this.of(lease)) this.#floors.set(lease.shard, { epoch: lease.epoch, seq });
    }
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
