import type { Database } from './database.ts';
import { SHARDS } from './shard.ts';

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

export function createShardLeases(options: ShardLeasesOptions): ShardLeases {
  const { database, owner, leaseMs, lanes, now } = options;
  const epochs = new Map<number, string>();
  let surplus = new Set<number>();
  let expiresAtMs = 0;
  let last: Promise<unknown> = Promise.resolve();
  /** A renewal that crossed a return would bring back what was just given away. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const run = last.then(work);
    last = run.catch(() => {});
    return run;
  };
  const inLane = (lane: number) => (shard: number) => shard % lanes === lane;

  const renew = async (): Promise<void> => {
    // Read before the statement is sent: the database's clock starts later, so ours ends first.
    const startedAtMs = now();
    const rows = await database.query<ShardLease>(RENEW, [owner, leaseMs]);
    epochs.clear();
    for (const { shard, epoch } of rows) epochs.set(shard, epoch);
    expiresAtMs = startedAtMs + leaseMs;
  };
  const take = async (wanted: number): Promise<void> => {
    const rows = await database.query<ShardLease>(TAKE, [owner, wanted, leaseMs]);
    // These expire no earlier than those renewed just before.
    for (const { shard, epoch } of rows) epochs.set(shard, epoch);
  };
  const tick = async (): Promise<void> => {
    const [row] = await database.query<{ relays: number }>(BEAT, [owner, leaseMs]);
    await renew();
    const fairPart = Math.ceil(SHARDS / (row?.relays ?? 1));
    surplus = new Set([...epochs.keys()].slice(fairPart));
    if (epochs.size < fairPart) await take(fairPart - epochs.size);
  };
  const giveBack = async (shards: readonly number[], { isSettled }: { readonly isSettled: boolean }): Promise<void> => {
    for (const shard of shards) {
      epochs.delete(shard);
      surplus.delete(shard);
    }
    await database.execute(GIVE_BACK, [owner, shards, isSettled ? 0 : leaseMs]);
  };
  return {
    tick: () => inTurn(tick),
    held: (lane, remainingMs) => {
      if (expiresAtMs - now() < remainingMs) return [];
      const entries = [...epochs].filter(([shard]) => inLane(lane)(shard) && !surplus.has(shard));
      return entries.map(([shard, epoch]) => ({ shard, epoch }));
    },
    remainingMs: (leases) => {
      const isOurs = leases.every(({ shard, epoch }) => epochs.get(shard) === epoch);
      return isOurs ? Math.max(0, expiresAtMs - now()) : 0;
    },
    surplus: (lane) => [...surplus].filter(inLane(lane)),
    giveBack: (shards, state) => inTurn(() => giveBack(shards, state)),
    leave: (state) =>
      inTurn(async () => {
        await giveBack([...epochs.keys()], state);
        await database.execute('DELETE FROM outbox_relays WHERE owner = $1', [owner]);
      }),
    count: () => (expiresAtMs > now() ? epochs.size : 0),
  };
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
