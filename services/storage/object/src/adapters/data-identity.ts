import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { EventError } from '@throughline/events';
import type { Database } from '@throughline/postgres';
import type { BlobStore } from './blob-store.ts';

/** In the data folder: the id of the database whose bytes these are. */
export const IDENTITY_FILE = 'database-id';

/**
 * Ties the data folder to the database at the first start, and afterwards refuses any other: to a strange database all bytes here are nobody's, and the
 * sweeper would remove them. An id made by a migration, because it has to survive a fail-over and a restore.
 * @throws {EventError} `CONFIGURATION_REFUSED` naming both when they are strangers, or when only one of them is new.
 */
export async function requireOwnData(options: { database: Database; blobs: BlobStore; dataDir: string }): Promise<void> {
  const { database, dataDir } = options;
  const databaseId = await readDatabaseId(database);
  const file = path.join(dataDir, IDENTITY_FILE);
  const known = await readIfThere(file);
  if (known === undefined) await requireBothNew(options, databaseId);
  const owner = known ?? (await claim(file, databaseId));
  if (owner === databaseId) return;
  throw new EventError(
    'CONFIGURATION_REFUSED',
    `The bytes in ${dataDir} belong to database ${owner}, but DATABASE_URL leads to database ${databaseId}. Start with the database of these bytes, or with another DATA_DIR.`,
  );
}

async function readDatabaseId(database: Database): Promise<string> {
  const [row] = await database.query<{ database_id: string }>('select database_id from data_identity');
  if (row === undefined) throw new EventError('CONFIGURATION_REFUSED', 'The database has lost its row in data_identity.');
  return row.database_id;
}

async function requireBothNew(
  { database, blobs, dataDir }: { database: Database; blobs: BlobStore; dataDir: string },
  databaseId: string,
): Promise<void> {
  const hasRows = (await database.query('select 1 from object_versions limit 1')).length > 0;
  const hasBytes = await isAnyThere(blobs);
  if (hasRows === hasBytes) return;
  const sentence = hasRows
    ? `Database ${databaseId} has objects, but there are no bytes in ${dataDir}.`
    : `There are bytes in ${dataDir}, but database ${databaseId} has no objects.`;
  throw new EventError(
    'CONFIGURATION_REFUSED',
    `${sentence} If they belong together all the same, write the database's id into ${path.join(dataDir, IDENTITY_FILE)}.`,
  );
}

async function isAnyThere(blobs: BlobStore): Promise<boolean> {
  for await (const batch of blobs.list(1)) return batch.length > 0;
  return false;
}

/** Whoever links first wins; the others read what the winner wrote, which is whole. */
async function claim(file: string, databaseId: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`;
  await fs.writeFile(draft, `${databaseId}\n`, { flush: true });
  try {
    await fs.link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await fs.unlink(draft);
  }
  const folder = await fs.open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return (await readIfThere(file)) ?? databaseId;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await fs.readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
