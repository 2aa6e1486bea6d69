import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { writeHashed } from './write-hashed.ts';

/** What the store needs of a file system. */
export type BlobFiles = Pick<typeof fs, 'open' | 'mkdir' | 'rename' | 'unlink' | 'opendir'>;

/** `stored`: on disk for good. Otherwise nothing of it is left. */
export type ReceiveResult =
  | { readonly outcome: 'stored'; readonly size: number; readonly etag: string }
  | { readonly outcome: 'too-large' }
  | { readonly outcome: 'disk-full' };

/**
 * Bytes on a file system: `tmp/<id>` while they arrive, `blobs/<2 hex>/<id>` once they are whole.
 * Every path is made of a random UUID and the data folder; nothing that a user says gets into one.
 */
export interface BlobStore {
  /** Makes the folders. */
  prepare(): Promise<void>;
  /**
   * Streams `source` to disk, hashing it on the way; resolves when bytes and name would survive a power cut.
   * The chunks become its own: their memory is given back once they are written. It is bounded by twice 512 KiB; the source is read no faster than the disk takes it.
   * @throws what `source` throws (an upload cut off) and what the disk throws other than "full"; the temporary file is gone then.
   */
  receive(blobId: string, source: AsyncIterable<Buffer>, options: { maxBytes: number }): Promise<ReceiveResult>;
  /** Undefined when there are no such bytes. The caller closes the handle. */
  open(blobId: string): Promise<FileHandle | undefined>;
  /** Removes the bytes wherever they are; it is fine when there are none. */
  remove(blobId: string): Promise<void>;
  /** The ids of all files, whole or not, in batches. */
  list(batchSize: number): AsyncIterable<readonly string[]>;
}

// Made beforehand: an upload that has to make its folder pays two more fsyncs.
const FOLDERS = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));
const BLOB_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A store in `dataDir`, which several processes may share. */
export function createBlobStore({ dataDir, files = fs }: { dataDir: string; files?: BlobFiles }): BlobStore {
  const root = path.join(dataDir, 'blobs');
  const temporaryPath = (blobId: string) => path.join(dataDir, 'tmp', checked(blobId));
  const blobFolder = (blobId: string) => path.join(root, checked(blobId).slice(0, 2));
  const blobPath = (blobId: string) => path.join(blobFolder(blobId), blobId);

  async function writeTemporary(blobId: string, source: AsyncIterable<Buffer>, maxBytes: number): Promise<ReceiveResult> {
    const handle = await files.open(temporaryPath(blobId), 'wx', 0o640);
    try {
      const written = await writeHashed(source, handle, maxBytes);
      if (written === 'too-large') return { outcome: 'too-large' };
      await handle.sync();
      return { outcome: 'stored', ...written };
    } finally {
      await handle.close();
    }
  }

  async function moveIntoPlace(blobId: string): Promise<void> {
    await files.rename(temporaryPath(blobId), blobPath(blobId));
    await syncFolder(files, blobFolder(blobId));
  }

  const remove = async (blobId: string): Promise<void> => {
    await unlinkIfThere(files, temporaryPath(blobId));
    await unlinkIfThere(files, blobPath(blobId));
  };

  return {
    async prepare() {
      await files.mkdir(path.join(dataDir, 'tmp'), { recursive: true, mode: 0o750 });
      for (const name of FOLDERS) await files.mkdir(path.join(root, name), { recursive: true, mode: 0o750 });
      await syncFolder(files, root);
      await syncFolder(files, dataDir);
    },

    async receive(blobId, source, { maxBytes }) {
      try {
        const result = await writeTemporary(blobId, source, maxBytes);
        if (result.outcome === 'stored') await moveIntoPlace(blobId);
        else await remove(blobId);
        return result;
      } catch (error) {
        await remove(blobId);
        if (isDiskFull(error)) return { outcome: 'disk-full' };
        throw error;
      }
    },

    async open(blobId) {
      try {
        return await files.open(blobPath(blobId), 'r');
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw error;
      }
    },

    remove,
    list: (batchSize) => batches(walk(files, dataDir), batchSize),
  };
}

async function syncFolder(files: BlobFiles, folder: string): Promise<void> {
  const handle = await files.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unlinkIfThere(files: BlobFiles, file: string): Promise<void> {
  try {
    await files.unlink(file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

async function* walk(files: BlobFiles, dataDir: string): AsyncIterable<string> {
  for (const folder of ['tmp', 'blobs']) {
    for await (const entry of await files.opendir(path.join(dataDir, folder), { recursive: true })) {
      if (entry.isFile() && BLOB_ID.test(entry.name)) yield entry.name;
    }
  }
}

async function* batches(ids: AsyncIterable<string>, batchSize: number): AsyncIterable<readonly string[]> {
  let batch: string[] = [];
  for await (const id of ids) {
    batch.push(id);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function checked(blobId: string): string {
  if (!BLOB_ID.test(blobId)) throw new TypeError('a blob id is a UUID in lower case');
  return blobId;
}

function isDiskFull(error: unknown): boolean {
  return errorCode(error) === 'ENOSPC' || errorCode(error) === 'EDQUOT';
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
