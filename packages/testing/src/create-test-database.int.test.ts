import pg from 'pg';
import { createTestDatabase } from './create-test-database.ts';

async function askDatabase(connectionString: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
    return rows[0]?.name ?? '';
  } finally {
    await client.end();
  }
}

describe('createTestDatabase', () => {
  it('makes a database of its own for each caller and drops it under open connections', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    const idle = new pg.Client({ connectionString: one.url });
    idle.on('error', () => undefined);
    try {
      expect(await askDatabase(one.url)).toBe(one.name);
      expect(await askDatabase(other.url)).toBe(other.name);
      expect(one.name).not.toBe(other.name);
      await idle.connect();
    } finally {
      await Promise.all([one.drop(), other.drop()]);
    }
    await idle.end().catch(() => undefined);
    await expect(askDatabase(one.url)).rejects.toThrow('does not exist');
  });
});
