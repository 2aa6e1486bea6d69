import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** A database of one run. */
export interface BenchDatabase {
  readonly url: string;
  /** Rows of one statement, on one connection. */
  query<Row extends pg.QueryResultRow>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** First cell of the first row as a number. */
  number(sql: string): Promise<number>;
  drop(): Promise<void>;
}

/** Makes an empty database beside the given one. */
export async function createBenchDatabase(adminUrl: string): Promise<BenchDatabase> {
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  await withClient(adminUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const client = await connect(url.href);
  const query = async <Row extends pg.QueryResultRow>(sql: string, parameters: readonly unknown[] = []) =>
    (await client.query<Row>(sql, [...parameters])).rows;
  return {
    url: url.href,
    query,
    number: async (sql) => Number(Object.values((await query(sql))[0] ?? {})[0]),
    drop: async () => {
      await client.end();
      await withClient(adminUrl, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

/** The tables of the hand-written side, and the business table both sides have. */
export async function createHandWrittenTables(database: BenchDatabase): Promise<void> {
  for (const file of ['hand-written.sql', join('migrations', '0001-balances.sql')]) {
    await database.query(readFileSync(join(import.meta.dirname, file), 'utf8'));
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // A server that is stopped meanwhile ends the connection outside of any query.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = await connect(url);
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
