import type { Database } from '@throughline/postgres';
import type { Logger } from '@throughline/telemetry';
import type { BlobStore } from './blob-store.ts';
import { createRepeatingJob, type RepeatingJob } from './repeating-job.ts';

export interface SweepResult {
  /** Uploads whose process is gone. */
  readonly deadUploads: number;
  /** Files that belonged to no version and no upload. */
  readonly orphans: number;
}

const BATCH = 500;

export interface SweepOptions {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly logger: Logger;
  readonly graceMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Removes what crashes leave behind. An upload without a heartbeat for `graceMs` is dead: its row is deleted first, so that its commit, should it
 * still come, is refused. A file without a version and without an upload, not written to for `graceMs`, is nobody's: an upload's row is older than its file,
 * and goes in the transaction that makes the version. What cannot be removed is left for the next sweep.
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const { database, blobs, graceMs } = options;
  const dead = await database.query<{ upload_id: string }>(
    `delete from uploads where heartbeat_at < now() - make_interval(secs => $1) returning upload_id`,
    [graceMs / 1000],
  );
  for (const { upload_id } of dead) await remove(options, upload_id);
  let orphans = 0;
  for await (const onDisk of blobs.list(BATCH)) {
    if (options.signal?.aborted) break;
    const rows = await database.query<{ id: string }>(
      `select id from unnest($1::uuid[]) as id
       where not exists (select 1 from object_versions where blob_id = id) and not exists (select 1 from uploads where upload_id = id)`,
      [onDisk],
    );
    for (const { id } of rows) {
      if ((await isOld(options, id)) && (await remove(options, id))) orphans += 1;
    }
  }
  return { deadUploads: dead.length, orphans };
}

async function isOld({ blobs, graceMs }: SweepOptions, blobId: string): Promise<boolean> {
  const modifiedAt = await blobs.modifiedAt(blobId);
  return modifiedAt !== undefined && modifiedAt.getTime() < Date.now() - graceMs;
}

async function remove({ blobs, logger }: SweepOptions, blobId: string): Promise<boolean> {
  try {
    await blobs.remove(blobId);
    return true;
  } catch (error) {
    logger.warn({ err: error, blob_id: blobId }, 'Bytes that belong to nobody could not be removed; the next sweep tries again.');
    return false;
  }
}

/** Sweeps every `intervalMs` (default: 10 minutes), in one replica at a time. `graceMs` (default: 5 minutes) must be several heartbeats. */
export function createSweeper(options: {
  database: Database;
  blobs: BlobStore;
  logger: Logger;
  graceMs: number;
  intervalMs: number;
}): RepeatingJob {
  const { database, blobs, graceMs, intervalMs, logger } = options;

  async function isOurTurn(): Promise<boolean> {
    const taken = await database.execute(
      `insert into job_starts as job (job, started_at) values ('sweep', now())
       on conflict (job) do update set started_at = now() where job.started_at < now() - make_interval(secs => $1)`,
      // A little less than the interval, so that the replica that swept last is not always just too early.
      [(intervalMs * 0.9) / 1000],
    );
    return taken === 1;
  }

  return createRepeatingJob({
    name: 'sweep',
    intervalMs,
    logger,
    work: async (signal) => {
      if (!(await isOurTurn())) return;
      const { deadUploads, orphans } = await sweep({ database, blobs, logger, graceMs, signal });
      if (deadUploads + orphans === 0) return;
      logger.info({ dead_uploads: deadUploads, orphans }, 'The sweeper removed what interrupted uploads had left on disk.');
    },
  });
}
