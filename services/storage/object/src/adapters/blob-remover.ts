import type { Database } from '@throughline/postgres';
import type { Logger } from '@throughline/telemetry';
import type { BlobStore } from './blob-store.ts';
import { PUT_OFF } from './put-off.ts';
import { createRepeatingJob, type RepeatingJob } from './repeating-job.ts';

const BATCH = 100;

/**
 * Unlinks the bytes that transactions queued for removal; several replicas may do the same at once. What cannot be unlinked is put off for a while, longer
 * each time, and the rest goes on. Runs when woken and every `intervalMs` (default: 30 000).
 */
export function createBlobRemover(options: {
  database: Database;
  blobs: BlobStore;
  logger: Logger;
  intervalMs?: number;
}): RepeatingJob {
  const { database, blobs, logger } = options;

  async function removeBatch(): Promise<number> {
    const rows = await database.query<{ blob_id: string }>(
      'select blob_id from blob_removals where due_at <= now() order by due_at limit $1',
      [BATCH],
    );
    const removed: string[] = [];
    const failed: string[] = [];
    for (const { blob_id } of rows) {
      try {
        await blobs.remove(blob_id);
        removed.push(blob_id);
      } catch (error) {
        failed.push(blob_id);
        logger.warn({ err: error, blob_id }, 'Bytes that are not needed any more could not be removed; it is tried again later.');
      }
    }
    if (removed.length > 0) await database.execute('delete from blob_removals where blob_id = any($1)', [removed]);
    if (failed.length > 0) await database.execute(`update blob_removals set ${PUT_OFF} where blob_id = any($1)`, [failed]);
    return rows.length;
  }

  return createRepeatingJob({
    name: 'blob removal',
    intervalMs: options.intervalMs ?? 30_000,
    logger,
    work: async (signal) => {
      while (!signal.aborted && (await removeBatch()) === BATCH);
    },
  });
}
