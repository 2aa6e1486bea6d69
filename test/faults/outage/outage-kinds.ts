import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { createDatabase } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';

/**
 * What is away: the whole database, for publishers too; the database for handlers alone, while the load goes on; or what handlers depend on, seen as an
 * error like any other or as one that says so.
 */
export const OUTAGE_KINDS = ['database', 'handlers-database', 'error', 'unavailable'] as const;
export type OutageKind = (typeof OUTAGE_KINDS)[number];

/** What an outage is done to. */
export interface OutageTargets {
  /** A superuser's URL of another database. */
  readonly adminUrl: string;
  readonly databaseName: string;
  /** As whom the handlers' processes connect. */
  readonly memberRole: string;
  readonly outageFile: string;
}

const logger = createLogger({ name: 'fault-suite', level: 'fatal' });

/** From its resolving on. @returns what ends it */
export async function beginOutage(kind: OutageKind, targets: OutageTargets): Promise<() => Promise<void>> {
  const { adminUrl, databaseName, memberRole, outageFile } = targets;
  if (kind === 'database') {
    const allow = (isAllowed: boolean) => `ALTER DATABASE ${databaseName} ALLOW_CONNECTIONS ${isAllowed}`;
    return refuseConnections(adminUrl, allow, ['datname', databaseName]);
  }
  if (kind === 'handlers-database') {
    return refuseConnections(adminUrl, (isAllowed) => `ALTER ROLE ${memberRole} ${isAllowed ? '' : 'NO'}LOGIN`, [
      'usename',
      memberRole,
    ]);
  }
  await writeFile(outageFile, kind);
  return () => rm(outageFile);
}

/** Postgres itself stays: it takes no such connections, and those there were are ended. */
async function refuseConnections(
  adminUrl: string,
  allow: (isAllowed: boolean) => string,
  [column, value]: readonly ['datname' | 'usename', string],
): Promise<() => Promise<void>> {
  const admin = createDatabase({ connectionString: adminUrl, applicationName: 'outage', logger });
  await admin.execute(allow(false));
  const areGone = async () => {
    const left = await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${column} = $1`, [value]);
    return left.length === 0;
  };
  await waitFor(areGone, { description: 'the connections to end' });
  return async () => {
    await admin.execute(allow(true));
    await admin.close();
  };
}

/** A role for the handlers' processes, which may do what the database's owner may. @returns their URL of the database, and what removes the role once the database is gone */
export async function createMemberRole(adminUrl: string, databaseUrl: string, memberRole: string) {
  const admin = createDatabase({ connectionString: adminUrl, applicationName: 'outage', logger });
  const password = randomUUID();
  await admin.execute(`CREATE ROLE ${memberRole} LOGIN SUPERUSER PASSWORD '${password}'`);
  const url = new URL(databaseUrl);
  url.username = memberRole;
  url.password = password;
  return {
    url: url.href,
    drop: async () => {
      await admin.execute(`DROP ROLE ${memberRole}`);
      await admin.close();
    },
  };
}
