import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOOPBACK } from '../stack/ports.ts';

/**
 * Where the database of a service is, as its owner: on the Postgres of the installation in a data directory, or on the one at `adminUrl` where that was given to it.
 * @throws {Error} when the data directory knows no such database
 */
export function serviceDatabaseUrl(options: {
  dataDir: string;
  service: string;
  /** Of the database and of the role that owns it. */
  database: string;
  adminUrl?: string | undefined;
}): string {
  const { dataDir, service, database, adminUrl } = options;
  const password = readJson(join(dataDir, 'secrets.json'))[`${service}.databasePassword`];
  const { postgres: port } = readJson(join(dataDir, 'ports.json'));
  if (password === undefined || (adminUrl === undefined && port === undefined))
    throw new Error(`no database of ${service} is known in ${dataDir}: it was never started there`);
  const url = new URL(adminUrl ?? `postgres://${LOOPBACK}:${port}`);
  url.username = database;
  url.password = String(password);
  url.pathname = `/${database}`;
  return url.href;
}

function readJson(file: string): Readonly<Record<string, string | number>> {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}
