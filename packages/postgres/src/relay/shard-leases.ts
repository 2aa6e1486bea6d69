import type { Database } from '../database/database.ts';
import { SHARDS } from '../outbox/shard.ts';

/** A shard that is ours, as of the last renewal. */
export interface ShardLease {
  readonly shard: number;
  /** What a write of ours carries: another owner's is higher. */
  readonly epoch: string;
}

export interface ShardLeases {
  /** Says that we live, renews what we hold, takes up to our fair part of what is free. @throws what the database throws; leases then run out by themselves. */
  tick(): Promise<void>;
  /** Leases of the lane that may be used: not asked back, and with at least `remainingMs` left. */
  held(lane: number, remainingMs: number): readonly ShardLease[];
  /** Milliseconds left of our leases, by a clock that started before the database's; 0 when one of the shards is not ours in that epoch. */
  remainingMs(leases: readonly ShardLease[]): number;
  /** Shards of the lane above our fair part. The lane gives them back when it has nothing of them in hand. */
  surplus(lane: number): readonly number[];
  /** `isSettled`: no send of theirs can still arrive at the broker. */
  giveBack(shards: readonly number[], options: { readonly isSettled: boolean }): Promise<void>;
  /** Gives everything back, and our place among the relays. */
  leave(options: { readonly isSettled: boolean }): Promise<void>;
  count(): number;
}

export interface ShardLeasesOptions {
  readonly database: Database;
  /** Unique among all relays that ever ran on this database. */
  readonly owner: string;
  readonly leaseMs: number;
  /** A shard belongs to lane `shard % lanes`, so to one producer. */
  readonly lanes: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Nothing is ours before the first `tick`. */
export function createShardLeases(options: ShardLeasesOptions): ShardLeases {
  return new PostgresShardLeases(options);
}

class PostgresShardLeases implements ShardLeases {
  readonly #options: ShardLeasesOptions;
  readonly #epochs = new Map<number, string>();
  #surplus = new Set<number>();
  #expiresAtMs = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ShardLeasesOptions) {
    this.#options = options;
  }

  tick(): Promise<void> {
    return this.#inTurn(async () => {
      const { database, owner, leaseMs } = this.#options;
      const [row] = await database.query<{ relays: number }>(BEAT, [owner, leaseMs]);
      await this.#renew();
      const fairPart = Math.ceil(SHARDS / (row?.relays ?? 1));
      this.#surplus = new Set([...this.#epochs.keys()].slice(fairPart));
      if (this.#epochs.size < fairPart) await this.#take(fairPart - this.#epochs.size);
    });
  }

  held(lane: number, remainingMs: number): readonly ShardLease[] {
    if (this.#expiresAtMs - this.#options.now() < remainingMs) return [];
    const entries = [...this.#epochs].filter(([shard]) => this.#isInLane(shard, lane) && !this.#surplus.has(shard));
    return entries.map(([shard, epoch]) => ({ shard, epoch }));
  }

  remainingMs(leases: readonly ShardLease[]): number {
    const isOurs = leases.every(({ shard, epoch }) => this.#epochs.get(shard) === epoch);
    return isOurs ? Math.max(0, this.#expiresAtMs - this.#options.now()) : 0;
  }

  surplus(lane: number): readonly number[] {
    return [...this.#surplus].filter((shard) => this.#isInLane(shard, lane));
  }

  giveBack(shards: readonly number[], state: { readonly isSettled: boolean }): Promise<void> {
    return this.#inTurn(() => this.#return(shards, state));
  }

  leave(state: { readonly isSettled: boolean }): Promise<void> {
    return this.#inTurn(async () => {
      await this.#return([...this.#epochs.keys()], state);
      await this.#options.database.execute('DELETE FROM outbox_relays WHERE owner = $1', [this.#options.owner]);
    });
  }

  count(): number {
    return this.#expiresAtMs > this.#options.now() ? this.#epochs.size : 0;
  }

  /** A renewal that crossed a return would bring back what was just given away. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => {});
    return run;
  }

  async #renew(): Promise<void> {
    const { database, owner, leaseMs, now } = this.#options;
    // Read before the statement is sent: the database's clock starts later, so ours ends first.
    const startedAtMs = now();
    const rows = await database.query<ShardLease>(RENEW, [owner, leaseMs]);
    this.#epochs.clear();
    for (const { shard, epoch } of rows) this.#epochs.set(shard, epoch);
    this.#expiresAtMs = startedAtMs + leaseMs;
  }

  async #take(wanted: number): Promise<void> {
    const { database, owner, leaseMs } = this.#options;
    const rows = await database.query<ShardLease>(TAKE, [owner, wanted, leaseMs]);
    // These expire no earlier than those renewed just before.
    for (const { shard, epoch } of rows) this.#epochs.set(shard, epoch);
  }

  async #return(shards: readonly number[], { isSettled }: { readonly isSettled: boolean }): Promise<void> {
    for (const shard of shards) {
      this.#epochs.delete(shard);
      this.#surplus.delete(shard);
    }
    const { database, owner, leaseMs } = this.#options;
    await database.execute(GIVE_BACK, [owner, shards, isSettled ? 0 : leaseMs]);
  }

  #isInLane(shard: number, lane: number): boolean {
    return shard % this.#options.lanes === lane;
  }
}

const BEAT = `
  WITH beat AS (
    INSERT INTO outbox_relays (owner, expires_at) VALUES ($1, now() + $2 * interval '1 ms')
    ON CONFLICT (owner) DO UPDATE SET expires_at = EXCLUDED.expires_at
  ), dead AS (
    DELETE FROM outbox_relays WHERE expires_at < now() - interval '1 minute' AND owner <> $1
  )
  SELECT 1 + count(*)::int AS relays FROM outbox_relays WHERE expires_at > now() AND owner <> $1`;

/** A lease that ran out and was taken by nobody is still ours, with the same epoch. */
const RENEW = `
  UPDATE outbox_shard_leases SET expires_at = now() + $2 * interval '1 ms' WHERE owner = $1 RETURNING shard, epoch`;

const TAKE = `
  UPDATE outbox_shard_leases AS l SET
    owner = $1, epoch = l.epoch + 1, expires_at = now() + $3 * interval '1 ms',
    settled_at = CASE WHEN l.owner IS NULL THEN l.settled_at ELSE now() + $3 * interval '1 ms' END
  FROM (
    SELECT shard FROM outbox_shard_leases WHERE owner IS NULL OR expires_at <= now()
    ORDER BY random() LIMIT $2 FOR UPDATE SKIP LOCKED
  ) AS free
  WHERE l.shard = free.shard
  RETURNING l.shard, l.epoch`;

const GIVE_BACK = `
  UPDATE outbox_shard_leases SET
    owner = NULL, expires_at = '-infinity', settled_at = greatest(settled_at, now() + $3 * interval '1 ms')
  WHERE owner = $1 AND shard = ANY($2::smallint[])`;
