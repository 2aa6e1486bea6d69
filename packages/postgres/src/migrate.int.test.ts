import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import { createDatabase } from './database/create-database.ts';
import type { Database } from './database/database.ts';
import { incarnationId } from './incarnation.ts';
import { migrate } from './migrate.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;
let directory: string;

beforeEach(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'migrate-test', logger });
  directory = await mkdtemp(join(tmpdir(), 'migrations-'));
  await writeFile(join(directory, '0001-things.sql'), 'CREATE TABLE things (id int PRIMARY KEY); INSERT INTO things VALUES (1);');
});

afterEach(async () => {
  await database.close();
  await home.drop();
  await rm(directory, { recursive: true });
});

it('applies each migration once when four replicas start together', async () => {
  const replicas = Array.from({ length: 4 }, () =>
    createDatabase({ connectionString: home.url, applicationName: 'replica', logger }),
  );
  try {
    await Promise.all(replicas.map((replica) => migrate({ database: replica, directory, logger })));
  } finally {
    await Promise.all(replicas.map((replica) => replica.close()));
  }
  const ours = await readdir(new URL('../migrations/', import.meta.url));
  expect(await database.query('SELECT origin, file FROM backbone_migrations ORDER BY origin, file')).toEqual([
    ...ours.toSorted().map((file) => ({ origin: 'backbone', file })),
    { origin: 'service', file: '0001-things.sql' },
  ]);
  expect(await database.query('SELECT count(*)::int AS rows FROM things')).toEqual([{ rows: 1 }]);
});

it('continues with what is new', async () => {
  await migrate({ database, directory, logger });
  await writeFile(join(directory, '0002-more.sql'), 'INSERT INTO things VALUES (2);');
  await migrate({ database, directory, logger });
  await migrate({ database, directory, logger });
  expect(await database.query('SELECT id FROM things ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
});

it('leaves nothing of a migration that fails', async () => {
  await writeFile(join(directory, '0002-broken.sql'), 'INSERT INTO things VALUES (2); SELECT nonsense;');
  await expect(migrate({ database, directory, logger })).rejects.toThrow('nonsense');
  expect(await database.query('SELECT id FROM things')).toEqual([{ id: 1 }]);
});

it('lets an older release run on a newer schema', async () => {
  await writeFile(join(directory, '0002-more.sql'), 'INSERT INTO things VALUES (2);');
  await migrate({ database, directory, logger });
  await rm(join(directory, '0002-more.sql'));
  await migrate({ database, directory, logger });
});

it.each([
  ['changed', '0001-things.sql', 'CREATE TABLE others ();'],
  ['come before', '0000-early.sql', 'SELECT 1;'],
  ['number', '0001-twin.sql', 'SELECT 1;'],
  ['NNNN-name', '2-short.sql', 'SELECT 1;'],
])('refuses what is not append-only (%s)', async (message, file, sql) => {
  await migrate({ database, directory, logger });
  await writeFile(join(directory, file), sql);
  await expect(migrate({ database, directory, logger })).rejects.toMatchObject({
    code: 'CONFIGURATION_REFUSED',
    message: expect.stringContaining(message),
  });
});

it('gives the database an incarnation that stays, for its ordinary owner too', async () => {
  await migrate({ database, logger });
  const first = await incarnationId(database);
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(await incarnationId(database)).toBe(first);
  await database.execute('GRANT SELECT ON backbone_meta TO pg_database_owner');
  const asOwner = await database.transaction(async (tx) => {
    await tx.execute('SET LOCAL ROLE pg_database_owner');
    return incarnationId(tx);
  });
  expect(asOwner).toBe(first);
  await database.execute(`UPDATE backbone_meta SET value = gen_random_uuid()::text WHERE name = 'incarnation'`);
  expect(await incarnationId(database)).not.toBe(first);
});
