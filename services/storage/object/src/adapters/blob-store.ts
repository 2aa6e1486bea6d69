import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { writeHashed } from './write-hashed.ts';

/** What the store needs of a file system. */
export type BlobFiles = Pick<typeof fs, 'open' | 'mkdir' | 'rename' | 'stat' | 'unlink' | 'opendir'>;

/** `stored`: on disk for good. Otherwise nothing of it is left. */
export type ReceiveResult =
  | { readonly outcome: 'stored'; readonly size: number; readonly etag: string }
  | { readonly outcome: 'too-large' }
  | { readonly outcome: 'disk-full' };

/**
 * Bytes on a file system: `blobs/<2 hex>/<id>.part` while they arrive, without `.part` once they are whole and synced. In the same folder, because all uploads
 * waited for the lock of a common one.
 * Every path is made of a random UUID and the data folder; nothing that a user says gets into one.
 */
export interface BlobStore {
  /** Makes the folders, and keeps them open for `receive`. */
  prepare(): Promise<void>;
  /** Gives the folders back. */
  close(): Promise<void>;
  /**
   * Streams `source` to disk, hashing it on the way; resolves when bytes and name would survive a power cut.
   * The chunks become its own: their memory is given back once they are written. It is bounded by twice 512 KiB; the source is read no faster than the disk takes it.
   * @throws what `source` throws (an upload cut off) and what the disk throws other than "full"; the temporary file is gone then.
   */
  receive(blobId: string, source: AsyncIterable<Buffer>, options: { maxBytes: number }): Promise<ReceiveResult>;
  /** Undefined when there are no such bytes. The caller closes the handle. */
  open(blobId: string): Promise<FileHandle | undefined>;
  /** When a file was last written to, whole or not; undefined when there is none. */
  modifiedAt(blobId: string): Promise<Date | undefined>;
  /** Removes the bytes, whole or not; it is fine when there are none. */
  remove(blobId: string): Promise<void>;
  /** The ids of all files, whole or not, in batches. */
  list(batchSize: number): AsyncIterable<readonly string[]>;
}

// Made beforehand: an upload that has to make its folder pays two more fsyncs.
const FOLDERS = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));
const TEMPORARY = '.part';
const BLOB_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A store in `dataDir`, which several processes may share. */
export function createBlobStore({ dataDir, files = fs }: { dataDir: string; files?: BlobFiles }): BlobStore {
  const root = path.join(dataDir, 'blobs');
  const blobPath = (blobId: string) => path.join(root, checked(blobId).slice(0, 2), blobId);
  const temporaryPath = (blobId: string) => blobPath(blobId) + TEMPORARY;
  const folders = new Map<string, FileHandle>();

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
    await folderOf(blobId).sync();
  }

  function folderOf(blobId: string): FileHandle {
    const folder = folders.get(blobId.slice(0, 2));
    if (folder === undefined) throw new Error('the blob store is not prepared');
    return folder;
  }

  const remove = async (blobId: string): Promise<void> => {
    await unlinkIfThere(files, temporaryPath(blobId));
    await unlinkIfThere(files, blobPath(blobId));
  };

  return {
    async prepare() {
      for (const name of FOLDERS) await files.mkdir(path.join(root, name), { recursive: true, mode: 0o750 });
      for (const folder of [root, dataDir]) await syncFolder(files, folder);
      for (const name of FOLDERS) folders.set(name, await files.open(path.join(root, name), 'r'));
    },

    async close() {
      for (const handle of folders.values()) await handle.close();
      folders.clear();
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

    open: async (blobId) => unlessAbsent(files.open(blobPath(blobId), 'r')),

    async modifiedAt(blobId) {
      const found = (await unlessAbsent(files.stat(temporaryPath(blobId)))) ?? (await unlessAbsent(files.stat(blobPath(blobId))));
      return found?.mtime;
    },

    remove,
    list: (batchSize) => batches(walk(files, root), batchSize),
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
  await unlessAbsent(files.unlink(file));
}

async function unlessAbsent<Result>(found: Promise<Result>): Promise<Result | undefined> {
  try {
    return await found;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function* walk(files: BlobFiles, root: string): AsyncIterable<string> {
  for await (const entry of await files.opendir(root, { recursive: true })) {
    const blobId = entry.name.endsWith(TEMPORARY) ? entry.name.slice(0, -TEMPORARY.length) : entry.name;
    if (entry.isFile() && BLOB_ID.test(blobId)) yield blobId;
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
