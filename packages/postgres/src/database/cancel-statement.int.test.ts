import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase, waitFor } from '@throughline/testing';
import pg from 'pg';
import { cancelStatement } from './cancel-statement.ts';
import { createDatabase } from './create-database.ts';
import type { Database } from './database.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'cancel-test', maxConnections: 3, logger });
  await database.execute('CREATE TABLE notes (id int PRIMARY KEY)');
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

const sleeping = async () =>
  (await database.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = $1`, [home.name])).length;

/** Gives a transaction up while its statement is at work. @returns how long the end of it took, and what became of the statement */
async function giveUp(): Promise<{ tookMs: number; statement: unknown }> {
  let statement: Promise<unknown> = Promise.resolve();
  let givenUpAt = 0;
  const work = database.transaction(async (tx) => {
    await tx.execute('INSERT INTO notes VALUES (1)');
    statement = tx.query('SELECT pg_sleep(12)').catch((error: unknown) => error);
    await waitFor(async () => (await sleeping()) === 1, { description: 'the statement to be at work', intervalMs: 5 });
    givenUpAt = performance.now();
    throw new Error('given up');
  });
  await expect(work).rejects.toThrow('given up');
  return { tookMs: performance.now() - givenUpAt, statement: await statement };
}

it('ends the statement of a transaction that is given up, so that its locks and its connection are free at once', async () => {
  for (let round = 0; round < 3; round += 1) {
    const { tookMs, statement } = await giveUp();
    expect(tookMs).toBeLessThan(3_000);
    expect(statement).toMatchObject({ code: '57014' });
    expect(await sleeping()).toBe(0);
  }
  expect(await database.execute('INSERT INTO notes VALUES (1)')).toBe(1);
  await database.execute('TRUNCATE notes');
});

it('cancels nothing of a transaction whose statements were answered', async () => {
  const before = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const failed = database.transaction(async (tx) => {
    await tx.execute('INSERT INTO notes VALUES (2)');
    await tx.execute('INSERT INTO notes VALUES (2)');
  });
  await expect(failed).rejects.toMatchObject({ code: '23505' });
  expect(await database.query('SELECT pg_backend_pid() AS pid')).toEqual(before);
  expect(await database.query('SELECT 1 FROM notes')).toEqual([]);
});

it('leaves a stranger alone who has the number of a connection that is gone', async () => {
  const strangers = new pg.Pool({ connectionString: home.url, application_name: 'stranger', max: 1 });
  const ours = new pg.Pool({ connectionString: home.url, application_name: 'cancel-test', max: 1 });
  const stranger = await strangers.connect();
  const slept = stranger.query('SELECT pg_sleep(0.5)').then(() => 'slept');
  try {
    await waitFor(async () => (await sleeping()) === 1, { description: 'the statement to be at work', intervalMs: 5 });
    await cancelStatement(ours, stranger);
    expect(await slept).toBe('slept');
  } finally {
    stranger.release();
    await Promise.all([strangers.end(), ours.end()]);
  }
});
