import pg from 'pg';
import { stackAddresses } from './stack-addresses.ts';
import { testPrefix } from './test-prefix.ts';

/** A database of one suite's own. */
export interface TestDatabase {
  readonly name: string;
  /** URL of its owner, who is a superuser. */
  readonly url: string;
  /** Removes it, ending connections that are still open. */
  drop(): Promise<void>;
}

/**
 * Creates an empty database on the stack. Drop it in `afterAll`.
 * @param adminUrl superuser's URL, default the stack's.
 */
export async function createTestDatabase(adminUrl: string = stackAddresses().databaseUrl): Promise<TestDatabase> {
  const name = testPrefix().replaceAll('-', '_');
  await runStatement(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { name, url: url.href, drop: () => runStatement(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function runStatement(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
