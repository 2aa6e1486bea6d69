import pg from 'pg';

/** A service's own database. */
export interface ServiceDatabase {
  /** Name of the database and of the role that owns it. */
  readonly name: string;
  readonly password: string;
}

/**
 * Makes sure a service has a role and a database that only this role (and the superuser) may enter.
 * @returns the URL the service connects with.
 */
export async function provisionDatabase(adminUrl: string, { name, password }: ServiceDatabase): Promise<string> {
  // With deadlines, because a stop waits for what is under way.
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000, query_timeout: 60_000 });
  // A server that is going down ends the connection outside of any query; the next one fails anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const identifier = client.escapeIdentifier(name);
    const has = async (query: string) => (await client.query(query, [name])).rowCount === 1;
    const verb = (await has('SELECT 1 FROM pg_roles WHERE rolname = $1')) ? 'ALTER' : 'CREATE';
    await client.query(`${verb} ROLE ${identifier} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    if (!(await has('SELECT 1 FROM pg_database WHERE datname = $1'))) {
      await client.query(`CREATE DATABASE ${identifier} OWNER ${identifier}`);
    }
    await client.query(`REVOKE CONNECT ON DATABASE ${identifier} FROM PUBLIC`);
  } finally {
    await client.end();
  }
  const url = new URL(adminUrl);
  url.username = name;
  url.password = password;
  url.pathname = `/${name}`;
  return url.href;
}
