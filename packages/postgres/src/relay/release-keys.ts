import type { Database } from '../database/database.ts';
import { OUTBOX_STATUS } from '../outbox/outbox-status.ts';
import type { Writer } from './settle-rows.ts';

interface BlockedKey {
  readonly shard: number;
  readonly aggregatetype: string;
  readonly aggregateid: string;
}

/**
 * Lets rows go on that waited behind a head which is now sent or discarded: the lowest `maxRows` of each key at a time, and the block itself when none is left.
 * Only the shard's owner does this, between two takes, so no row can slip in behind its back. Resolves with whether anything happened.
 */
export async function releaseKeys(database: Database, writer: Writer, maxRows: number): Promise<boolean> {
  const keys = await database.query<BlockedKey & { epoch: string }>(RELEASING, [writer.leases.map(({ shard }) => shard)]);
  for (const key of keys) await releaseKey(database, { key, owner: writer.owner, epoch: key.epoch, maxRows });
  return keys.length > 0;
}

/** After a change of owner, a decision about a failed row waits until no send of the former owner can still arrive. */
const RELEASING = `
  SELECT b.shard, b.aggregatetype, b.aggregateid, l.epoch FROM outbox_blocked_keys AS b JOIN outbox_shard_leases AS l ON l.shard = b.shard
  WHERE b.shard = ANY($1::smallint[]) AND b.state = 'releasing' AND l.settled_at <= now() LIMIT 20`;

interface Release {
  readonly key: BlockedKey;
  readonly owner: string;
  readonly epoch: string;
  readonly maxRows: number;
}

function releaseKey(database: Database, { key, owner, epoch, maxRows }: Release): Promise<void> {
  return database.transaction(async (tx) => {
    // Locked until the commit, so that another owner cannot come in between.
    const lease = await tx.query('SELECT 1 FROM outbox_shard_leases WHERE shard = $1 AND owner = $2 AND epoch = $3 FOR SHARE', [
      key.shard,
      owner,
      epoch,
    ]);
    if (lease.length === 0) return;
    const parameters = [key.shard, key.aggregatetype, key.aggregateid];
    const [freed] = await tx.query<{ last: string | null }>(FREE, [...parameters.slice(1), maxRows]);
    if (freed === undefined || freed.last === null) await tx.execute(`${UNBLOCK} AND state = 'releasing'`, parameters);
    else await tx.execute(ADVANCE, [...parameters, freed.last]);
  });
}

const FREE = `
  WITH freed AS (
    UPDATE outbox SET status = ${OUTBOX_STATUS.new} WHERE seq IN (
      SELECT seq FROM outbox WHERE aggregatetype = $1 AND aggregateid = $2 AND status = ${OUTBOX_STATUS.waiting} ORDER BY seq LIMIT $3
    ) RETURNING seq
  )
  SELECT max(seq) AS last FROM freed`;

const KEY = 'shard = $1 AND aggregatetype = $2 AND aggregateid = $3';
const UNBLOCK = `DELETE FROM outbox_blocked_keys WHERE ${KEY}`;
const ADVANCE = `UPDATE outbox_blocked_keys SET released_seq = greatest(released_seq, $4) WHERE ${KEY}`;
