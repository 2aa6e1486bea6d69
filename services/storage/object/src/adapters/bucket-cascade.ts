import type { EventPublisher } from '@throughline/messaging';
import type { Database, Transaction } from '@throughline/postgres';
import { type Logger, withSpan } from '@throughline/telemetry';
import { type DeletedObject, objectDeleted } from '../domain/object-events.ts';
import { addUsage } from './owner-usage.ts';
import { PUT_OFF } from './put-off.ts';
import { createRepeatingJob, type RepeatingJob } from './repeating-job.ts';
import { deleteObjects } from './version-rows.ts';

interface CascadeRow {
  bucket_id: string;
  correlation_id: string;
  causation_id: string;
  traceparent: string | null;
}

const VERSIONS_PER_OBJECT = 4;

/** Puts a deleted bucket on the list of those whose objects are to be deleted. */
export async function queueCascade(
  tx: Transaction,
  cascade: { bucketId: string; cause: { correlationId: string; causationId: string }; traceparent: string | undefined },
): Promise<void> {
  await tx.execute(
    `insert into bucket_cascades (bucket_id, correlation_id, causation_id, traceparent) values ($1, $2, $3, $4) on conflict (bucket_id) do nothing`,
    [cascade.bucketId, cascade.cause.correlationId, cascade.cause.causationId, cascade.traceparent ?? null],
  );
}

/**
 * Deletes the objects of deleted buckets, each with its event: at most `batchSize` (default: 500) objects and four times as many versions a transaction. The
 * list's row is locked by the transaction that works on it, so replicas share the work and a crash loses one uncommitted batch. A bucket whose batch failed is
 * put off for a while, longer each time, and the others go on. Runs when woken and every `intervalMs` (default: 5 000).
 */
export function createBucketCascade(options: {
  database: Database;
  publisher: EventPublisher<Transaction>;
  logger: Logger;
  onBlobReleased: () => void;
  batchSize?: number;
  intervalMs?: number;
}): RepeatingJob {
  const { database, publisher } = options;
  const batchSize = options.batchSize ?? 500;

  async function deleteBatch(tx: Transaction, cascade: CascadeRow): Promise<void> {
    const objects = await lockBatch(tx, cascade.bucket_id, batchSize);
    const ids = objects.map((object) => object.objectId);
    const { freedBytes, versions, objectIds } = await deleteObjects(tx, ids, { maxVersions: batchSize * VERSIONS_PER_OBJECT });
    const cause = { correlationId: cascade.correlation_id, causationId: cascade.causation_id };
    const deleted = objects.filter((object) => objectIds.has(object.objectId));
    for (const object of deleted) await publisher.publish(tx, { ...objectDeleted(object), cause });
    const [first] = objects;
    if (first !== undefined) await addUsage(tx, first.ownerId, { bytes: -freedBytes, objects: -versions });
    const isDone = objects.length < batchSize && deleted.length === objects.length;
    if (isDone) await tx.execute('delete from bucket_cascades where bucket_id = $1', [cascade.bucket_id]);
    tx.afterCommit(options.onBlobReleased);
  }

  /** False when nothing on the list is due. */
  async function runOnce(): Promise<boolean> {
    let current: CascadeRow | undefined;
    try {
      await database.transaction(async (tx) => {
        [current] = await tx.query<CascadeRow>(
          `select bucket_id, correlation_id, causation_id, traceparent from bucket_cascades where due_at <= now()
           order by due_at limit 1 for update skip locked`,
        );
        if (current === undefined) return;
        const cascade = current;
        const parent = cascade.traceparent === null ? {} : { parent: { traceparent: cascade.traceparent } };
        await withSpan({ name: 'delete objects of bucket', kind: 'internal', ...parent }, () => deleteBatch(tx, cascade));
      });
    } catch (error) {
      if (current === undefined) throw error;
      await putOff(database, current.bucket_id);
      const sentence = 'Objects of a deleted bucket could not be deleted; it is tried again later.';
      options.logger.error({ err: error, bucket_id: current.bucket_id }, sentence);
    }
    return current !== undefined;
  }

  return createRepeatingJob({
    name: 'bucket cascade',
    intervalMs: options.intervalMs ?? 5_000,
    logger: options.logger,
    work: async (signal) => {
      while (!signal.aborted && (await runOnce()));
    },
  });
}

async function putOff(database: Database, bucketId: string): Promise<void> {
  await database.execute(`update bucket_cascades set ${PUT_OFF} where bucket_id = $1`, [bucketId]);
}

async function lockBatch(tx: Transaction, bucketId: string, limit: number): Promise<DeletedObject[]> {
  const rows = await tx.query<{ object_id: string; bucket_name: string; owner_id: string; name: string; revision: string }>(
    `select object_id, bucket_name, owner_id, name, revision from objects where bucket_id = $1 order by name limit $2 for update`,
    [bucketId, limit],
  );
  return rows.map((row) => ({
    objectId: row.object_id,
    bucketId,
    bucketName: row.bucket_name,
    ownerId: row.owner_id,
    fileName: row.name,
    revision: Number(row.revision),
  }));
}
