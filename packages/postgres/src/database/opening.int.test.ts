import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import { createDatabase } from './create-database.ts';
import type { Database } from './database.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
/** Of one connection, so that one transaction finds what the one before it left. */
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
});

afterAll(() => home.drop());

beforeEach(async () => {
  database = createDatabase({ connectionString: home.url, applicationName: 'opening-test', maxConnections: 1, logger });
  await database.execute('DROP TABLE IF EXISTS notes');
  await database.execute('CREATE TABLE notes (id int PRIMARY KEY)');
  await database.transaction((tx) => tx.query('SELECT 1'));
});

afterEach(() => database.close());

const notes = async () => (await database.query<{ id: number }>('SELECT id FROM notes ORDER BY id')).map(({ id }) => id);
const backend = async () => (await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]?.pid;
const failed = new Error('failed');

it.each([
  ['with parameters', 'INSERT INTO notes VALUES ($1), (2)', [1], {}],
  ['prepared', 'INSERT INTO notes VALUES ($1), (2)', [1], { name: 'insert_notes' }],
  ['several in one text', 'INSERT INTO notes VALUES (1); INSERT INTO notes VALUES (2)', [], {}],
])('rolls back and commits its first statement: %s', async (_, sql, parameters, options) => {
  const rolledBack = database.transaction(async (tx) => {
    await tx.execute(sql, parameters, options);
    throw failed;
  });
  await expect(rolledBack).rejects.toBe(failed);
  expect(await notes()).toEqual([]);
  await database.transaction((tx) => tx.execute(sql, parameters, options));
  expect(await notes()).toEqual([1, 2]);
});

it('gives what the first statement answers, and no other before it', async () => {
  const answers = await database.transaction(async (tx) =>
    Promise.all([
      tx.query('SELECT $1::int AS first', [1]),
      tx.execute('INSERT INTO notes VALUES ($1), ($2)', [1, 2]),
      tx.query('SELECT id FROM notes ORDER BY id'),
    ]),
  );
  expect(answers).toEqual([[{ first: 1 }], 2, [{ id: 1 }, { id: 2 }]]);
  expect(await database.transaction((tx) => tx.query('SELECT 1 AS text'))).toEqual([{ text: 1 }]);
});

it('commits nothing of a first statement whose BEGIN fails, and replaces the connection', async () => {
  const former = await backend();
  await database.execute('DEALLOCATE ALL');
  const insert = () => database.transaction((tx) => tx.execute('INSERT INTO notes VALUES ($1)', [1]));
  await expect(insert()).rejects.toMatchObject({ code: '26000' });
  expect(await notes()).toEqual([]);
  expect(await insert()).toBe(1);
  expect(await backend()).not.toBe(former);
});

it.each([
  ['ignored', true],
  ['replaced by one of the work', false],
])(
  'commits nothing after a first statement whose BEGIN failed, and replaces the connection, where that error is %s',
  async (_, isIgnored) => {
    const former = await backend();
    await database.execute('DEALLOCATE ALL');
    const work = database.transaction(async (tx) => {
      await tx.execute('INSERT INTO notes VALUES ($1)', [1]).catch(() => undefined);
      if (!isIgnored) throw failed;
      await tx.execute('INSERT INTO notes VALUES ($1)', [2]).catch(() => undefined);
    });
    await expect(work).rejects.toThrow(isIgnored ? 'its error was ignored' : 'failed');
    expect(await notes()).toEqual([]);
    expect(await database.transaction((tx) => tx.execute('INSERT INTO notes VALUES ($1)', [3]))).toBe(1);
    expect(await backend()).not.toBe(former);
  },
);

it('keeps the time limit of its first statement', async () => {
  const sleep = database.transaction((tx) => tx.query('SELECT pg_sleep($1)', [1], { timeoutMs: 50 }));
  await expect(sleep).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

it('asks nobody to cancel anything when a first statement could not be sent', async () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const begunAt = performance.now();
  await expect(database.transaction((tx) => tx.execute('SELECT $1::jsonb', [cyclic]))).rejects.toThrow('circular');
  // The only connection is this transaction's: asking would wait for another one.
  expect(performance.now() - begunAt).toBeLessThan(3_000);
});

it('goes on with the connection when the first statement cannot be sent or is refused', async () => {
  const former = await backend();
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  await expect(database.transaction((tx) => tx.execute('SELECT $1::jsonb', [cyclic]))).rejects.toThrow('circular');
  const insertLater = () =>
    database.transaction((tx) => tx.execute('INSERT INTO later VALUES ($1)', [1], { name: 'insert_later' }));
  await expect(insertLater()).rejects.toMatchObject({ code: '42P01' });
  await database.execute('CREATE TABLE later (id int)');
  expect(await insertLater()).toBe(1);
  expect(await backend()).toBe(former);
});

it('sends nothing for a transaction without statements', async () => {
  const seen: string[] = [];
  const former = await backend();
  await database.transaction(async (tx) => tx.afterCommit(() => seen.push('committed')));
  await expect(database.transaction(() => Promise.reject(failed))).rejects.toBe(failed);
  const other = createDatabase({ connectionString: home.url, applicationName: 'opening-watch', maxConnections: 1, logger });
  const activity = await other.query('SELECT query FROM pg_stat_activity WHERE pid = $1', [former]);
  await other.close();
  expect([seen, activity]).toEqual([['committed'], [{ query: 'SELECT pg_backend_pid() AS pid' }]]);
});

describe('a statement planned for indexes', () => {
  const find = (id: number) =>
    database.query('SELECT id FROM notes WHERE id > $1 ORDER BY id LIMIT 1', [id], {
      name: 'find_note',
      isPlannedForIndexes: true,
    });

  it('answers with its own rows, and leaves the connection as it was', async () => {
    await database.execute('INSERT INTO notes SELECT * FROM generate_series(1, 3)');
    expect([await find(0), await find(1), await find(3)]).toEqual([[{ id: 1 }], [{ id: 2 }], []]);
    expect(await database.query('SHOW enable_seqscan')).toEqual([{ enable_seqscan: 'on' }]);
  });

  it('gets a connection that knows it again when one does not', async () => {
    await find(0);
    await database.execute('DEALLOCATE ALL');
    await expect(find(0)).rejects.toMatchObject({ code: '26000' });
    expect(await find(0)).toEqual([]);
  });

  it('keeps no plan from when the table was small that reads all of it', async () => {
    await database.execute('ALTER TABLE notes SET (autovacuum_enabled = false)');
    await database.execute('INSERT INTO notes VALUES (0)');
    await database.execute('VACUUM ANALYZE notes');
    const scans = async () => {
      await database.query('SELECT pg_stat_force_next_flush()');
      const [row] = await database.query<{ scans: number }>(
        "SELECT seq_scan::int AS scans FROM pg_stat_user_tables WHERE relname = 'notes'",
      );
      return row?.scans;
    };
    const before = await scans();
    for (let look = 0; look < 10; look += 1) await find(-1);
    expect(await scans()).toBe(before);
  });
});
