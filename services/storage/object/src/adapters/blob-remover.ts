import type { Database } from '@throughline/postgres';
import type { Logger } from '@throughline/telemetry';
import type { BlobStore } from './blob-store.ts';
import { createRepeatingJob, type RepeatingJob } from './repeating-job.ts';

const BATCH = 100;

/** Unlinks the bytes that transactions queued for removal; several replicas may do the same at once. Runs when woken and every `intervalMs` (default: 30 000). */
export function createBlobRemover(options: {
  database: Database;
  blobs: BlobStore;
  logger: Logger;
  intervalMs?: number;
}): RepeatingJob {
  const { database, blobs } = options;

  async function removeBatch(): Promise<number> {
    const rows = await database.query<{ blob_id: string }>('select blob_id from blob_removals order by queued_at limit $1', [
      BATCH,
    ]);
    const blobIds = rows.map((row) => row.blob_id);
    for (const blobId of blobIds) await blobs.remove(blobId);
    if (blobIds.length > 0) await database.execute('delete from blob_removals where blob_id = any($1)', [blobIds]);
    return blobIds.length;
  }

  return createRepeatingJob({
    name: 'blob removal',
    intervalMs: options.intervalMs ?? 30_000,
    logger: options.logger,
    work: async (signal) => {
      while (!signal.aborted && (await removeBatch()) === BATCH);
    },
  });
}
