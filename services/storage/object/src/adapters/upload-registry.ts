import { randomUUID } from 'node:crypto';
import type { Database } from '@throughline/postgres';
import type { Logger } from '@throughline/telemetry';
import type { BlobStore } from './blob-store.ts';
import { inBatches } from './in-batches.ts';

/** Uploads in progress in this process, kept alive in the database so that no sweeper of any replica takes their files. */
export interface UploadRegistry {
  /** Announces an upload before its first byte is on disk. The id is the id of its bytes. */
  begin(): Promise<string>;
  /** After `begin`, always: forgets the upload, and removes its bytes unless they became a version. Does not throw. */
  end(uploadId: string, result: { isStored: boolean }): Promise<void>;
  start(): void;
  stop(): void;
}

/** Heartbeats come every `heartbeatIntervalMs` (default: 15 000), which must be well below the sweeper's grace period. */
export function createUploadRegistry(options: {
  database: Database;
  blobs: BlobStore;
  logger: Logger;
  heartbeatIntervalMs?: number;
}): UploadRegistry {
  const { database, blobs, logger } = options;
  const living = new Set<string>();
  const announce = inBatches((uploadIds: readonly string[]) => insertUploads(database, uploadIds));
  let timer: NodeJS.Timeout | undefined;

  async function beat(): Promise<void> {
    if (living.size === 0) return;
    try {
      await database.execute('update uploads set heartbeat_at = now() where upload_id = any($1)', [[...living]]);
    } catch (error) {
      logger.warn(
        { err: error, uploads: living.size },
        'The heartbeat of running uploads could not be written; the next one will try again.',
      );
    }
  }

  // A commit whose answer was lost may have succeeded. Only who deletes the upload's row decides about its bytes:
  // nothing to delete here means that they are a version's, or the sweeper's.
  async function discard(uploadId: string): Promise<void> {
    try {
      const isOurs = (await database.execute('delete from uploads where upload_id = $1', [uploadId])) === 1;
      if (isOurs) await blobs.remove(uploadId);
    } catch (error) {
      logger.warn({ err: error, upload_id: uploadId }, 'An abandoned upload could not be removed; the sweeper will.');
    }
  }

  return {
    async begin() {
      const uploadId = randomUUID();
      await announce(uploadId);
      living.add(uploadId);
      return uploadId;
    },

    async end(uploadId, { isStored }) {
      living.delete(uploadId);
      if (!isStored) await discard(uploadId);
    },

    start() {
      timer = setInterval(() => void beat(), options.heartbeatIntervalMs ?? 15_000);
    },

    stop() {
      clearInterval(timer);
    },
  };
}

async function insertUploads(database: Database, uploadIds: readonly string[]): Promise<void> {
  // Need not survive a crash of Postgres (the uploads would fail at their commit), so the commit does not wait for the disk.
  await database.execute(
    `with unsynced as (select set_config('synchronous_commit', 'off', true))
     insert into uploads (upload_id, heartbeat_at) select upload_id, now() from unnest($1::uuid[]) as upload_id, unsynced`,
    [uploadIds],
    { name: 'uploads-begin' },
  );
}
