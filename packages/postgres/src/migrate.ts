import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventError } from '@throughline/events';
import type { Logger } from '@throughline/telemetry';
import type { Database, Transaction } from './database/database.ts';

export interface MigrateOptions {
  readonly database: Database;
  /** Folder of the service's own migrations `NNNN-name.sql`; undefined runs the backbone's alone. */
  readonly directory?: string | URL;
  readonly logger: Logger;
}

interface Migration {
  readonly origin: 'backbone' | 'service';
  readonly file: string;
  readonly sql: string;
  readonly checksum: string;
}

const BACKBONE_DIRECTORY = new URL('../migrations/', import.meta.url);
const FILE_NAME = /^\d{4}-[a-z0-9-]+\.sql$/;
/** Any number that nothing else in the database uses. */
const ADVISORY_LOCK = '7310579316240893';
const WITHOUT_LIMIT = { timeoutMs: 2_147_483_647 };

/**
 * Brings the schema up to date: the backbone's migrations first, then the service's, in the order of their numbers, each in a transaction of its own.
 * Replicas that start together wait for each other. Migrations are append-only.
 * @throws {EventError} `CONFIGURATION_REFUSED` when a file's name is not `NNNN-name.sql`, a number occurs twice, or an applied migration was changed, removed or has a new one before it.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const sources = [await readMigrations('backbone', BACKBONE_DIRECTORY)];
  if (options.directory !== undefined) sources.push(await readMigrations('service', options.directory));
  await underLock(options.database, (tx) =>
    tx.execute(`CREATE TABLE IF NOT EXISTS backbone_migrations (
      origin text NOT NULL, file text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (origin, file))`),
  );
  for (const migrations of sources) await applyAll(options, migrations);
}

async function readMigrations(origin: Migration['origin'], directory: string | URL): Promise<readonly Migration[]> {
  const folder = directory instanceof URL ? fileURLToPath(directory) : directory;
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const numbers = files.map((file) => file.slice(0, 4));
  const wrong = files.find((file, index) => !FILE_NAME.test(file) || numbers[index] === numbers[index - 1]);
  if (wrong !== undefined) throw refused(`Migration ${wrong} needs a name NNNN-name.sql with a number of its own.`);
  return Promise.all(
    files.map(async (file) => {
      const sql = await readFile(join(folder, file), 'utf8');
      return { origin, file, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** The list of what is applied is read again under each lock: another replica may have gone ahead meanwhile. */
async function applyAll(options: MigrateOptions, migrations: readonly Migration[]): Promise<void> {
  let remaining = migrations.length;
  while (remaining > 0) {
    remaining = await underLock(options.database, async (tx) => {
      const pending = await findPending(tx, migrations);
      const [next] = pending;
      if (next === undefined) return 0;
      await apply(tx, next);
      options.logger.info(`Migration ${next.origin}/${next.file} was applied.`);
      return pending.length - 1;
    });
  }
}

async function findPending(tx: Transaction, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const origin = migrations[0]?.origin;
  const applied = await tx.query<{ file: string; checksum: string }>(
    'SELECT file, checksum FROM backbone_migrations WHERE origin = $1 ORDER BY file',
    [origin],
  );
  for (const [index, row] of applied.entries()) {
    const present = migrations[index];
    // A release back runs on the newer schema, so what it does not know at the end is none of its business.
    if (present === undefined) break;
    if (present.file !== row.file)
      throw refused(`Migration ${row.file} was applied; it may not be removed, nor one come before it.`);
    if (present.checksum !== row.checksum)
      throw refused(`Migration ${row.file} was applied and has been changed since; add a new one instead.`);
  }
  return migrations.slice(applied.length);
}

async function apply(tx: Transaction, migration: Migration): Promise<void> {
  await tx.execute(migration.sql, [], WITHOUT_LIMIT);
  await tx.execute('INSERT INTO backbone_migrations (origin, file, checksum) VALUES ($1, $2, $3)', [
    migration.origin,
    migration.file,
    migration.checksum,
  ]);
}

function underLock<Result>(database: Database, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  return database.transaction(async (tx) => {
    // The migration of another replica may take longer than any ordinary wait.
    await tx.execute('SET LOCAL lock_timeout = 0');
    await tx.execute('SET LOCAL statement_timeout = 0');
    await tx.query('SELECT pg_advisory_xact_lock($1::bigint)', [ADVISORY_LOCK], WITHOUT_LIMIT);
    return work(tx);
  });
}

function refused(message: string): EventError {
  return new EventError('CONFIGURATION_REFUSED', message);
}
