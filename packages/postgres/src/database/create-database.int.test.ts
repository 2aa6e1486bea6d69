import { createLogger, createMetrics, METRICS } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase, waitFor } from '@throughline/testing';
import { createDatabase } from './create-database.ts';
import type { Database, Transaction } from './database.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'database-test', lockTimeoutMs: 200, logger });
  await database.execute('CREATE TABLE notes (id int PRIMARY KEY, text text)');
});

afterAll(async () => {
  await database.close();
  await home.drop();
});

beforeEach(async () => {
  await database.execute('TRUNCATE notes');
});

const countNotes = async () => (await database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM notes'))[0]?.rows;

it('gives bigint as text, timestamptz as Date, jsonb parsed, bytea as Buffer', async () => {
  const [row] = await database.query(
    `SELECT 9007199254740993::bigint AS big, '2026-01-06T10:00:00Z'::timestamptz AS time, '{"a":1}'::jsonb AS json, '\\x00ff'::bytea AS bytes`,
  );
  expect(row).toEqual({
    big: '9007199254740993',
    time: new Date('2026-01-06T10:00:00Z'),
    json: { a: 1 },
    bytes: Buffer.from([0, 255]),
  });
});

it('commits what resolves and then runs the actions', async () => {
  const seen: unknown[] = [];
  const result = await database.transaction(async (tx) => {
    tx.afterCommit(() => seen.push('first'));
    tx.afterCommit(() => {
      throw new Error('of an action');
    });
    tx.afterCommit(() => seen.push('last'));
    await tx.execute('INSERT INTO notes VALUES (1)');
    expect(seen).toEqual([]);
    return 'result';
  });
  expect([result, seen, await countNotes()]).toEqual(['result', ['first', 'last'], 1]);
});

it('rolls back what throws, runs no action, and passes the error', async () => {
  const error = new Error('domain');
  const seen: unknown[] = [];
  const attempt = database.transaction(async (tx) => {
    tx.afterCommit(() => seen.push('action'));
    await tx.execute('INSERT INTO notes VALUES (1)');
    throw error;
  });
  await expect(attempt).rejects.toBe(error);
  expect(seen).toEqual([]);
  expect(await countNotes()).toBe(0);
});

it('does not call a transaction committed whose failed statement was ignored', async () => {
  const attempt = database.transaction(async (tx) => {
    await tx.execute('INSERT INTO notes VALUES (1)');
    await tx.execute('INSERT INTO notes VALUES (1)').catch(() => {});
  });
  await expect(attempt).rejects.toThrow('rolled back');
  expect(await countNotes()).toBe(0);
});

describe('what work leaves behind', () => {
  it('reaches the database no more once the work was given up', async () => {
    let late: Promise<unknown> | undefined;
    let tx: Transaction | undefined;
    const attempt = database.transaction(async (opened) => {
      tx = opened;
      late = (async () => {
        await opened.execute('SELECT pg_sleep(0.1)').catch(() => {});
        await opened.execute('INSERT INTO notes VALUES (1)');
      })();
      throw new Error('given up');
    });
    await expect(attempt).rejects.toThrow('given up');
    await expect(late).rejects.toThrow('transaction is over');
    await expect(tx?.query('SELECT 1')).rejects.toThrow('transaction is over');
    expect(() => tx?.afterCommit(() => {})).toThrow('transaction is over');
    expect(await countNotes()).toBe(0);
  });

  it('reaches the database no more after the commit', async () => {
    let tx: Transaction | undefined;
    await database.transaction(async (opened) => {
      tx = opened;
      // Sent before the commit without being awaited: a part of it.
      void opened.execute('INSERT INTO notes VALUES (1)');
    });
    await expect(tx?.execute('INSERT INTO notes VALUES (2)')).rejects.toThrow('transaction is over');
    expect(await countNotes()).toBe(1);
  });
});

it.each(['ECONNREFUSED', 'ENOENT', '40001'])('passes an error of the work that has the code %s untouched', async (code) => {
  const error = Object.assign(new Error('of a call elsewhere'), { code });
  const attempt = database.transaction(async () => {
    throw error;
  });
  await expect(attempt).rejects.toBe(error);
});

it('passes errors of a statement untouched and keeps the connection', async () => {
  const [before] = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await database.execute('INSERT INTO notes VALUES (1)');
  await expect(database.execute('INSERT INTO notes VALUES (1)')).rejects.toMatchObject({ code: '23505' });
  expect(await database.query('SELECT pg_backend_pid() AS pid')).toEqual([before]);
});

it('makes a killed connection a retryable STORE_UNAVAILABLE, and goes on with another', async () => {
  const attempt = database.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await database.query('SELECT pg_terminate_backend($1)', [row?.pid]);
    await waitFor(
      () =>
        tx.query('SELECT 1').then(
          () => false,
          () => true,
        ),
      { description: 'the connection to break' },
    );
    await tx.query('SELECT 1');
  });
  await expect(attempt).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  expect(await countNotes()).toBe(0);
});

it('makes a refused connection a retryable STORE_UNAVAILABLE', async () => {
  const other = await createTestDatabase();
  const refused = createDatabase({ connectionString: other.url, applicationName: 'refused', logger });
  try {
    await database.execute(`ALTER DATABASE ${other.name} ALLOW_CONNECTIONS false`);
    const error = { code: 'STORE_UNAVAILABLE', retryable: true, cause: { code: '55000' } };
    await expect(refused.query('SELECT 1')).rejects.toMatchObject(error);
    await expect(refused.transaction(async () => {})).rejects.toMatchObject(error);
  } finally {
    await refused.close();
    await other.drop();
  }
});

it('survives idle connections that are killed', async () => {
  const admin = createDatabase({ connectionString: home.url, applicationName: 'killer', logger });
  try {
    await database.query('SELECT 1');
    const killed = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'database-test'`,
    );
    expect(killed.length).toBeGreaterThan(0);
    await waitFor(() => database.query('SELECT 1'), { description: 'a new connection' });
  } finally {
    await admin.close();
  }
});

it('makes a deadlock a retryable TRANSACTION_CONFLICT for one of the two', async () => {
  const patient = createDatabase({ connectionString: home.url, applicationName: 'deadlock', lockTimeoutMs: 10_000, logger });
  try {
    await patient.execute('INSERT INTO notes VALUES (1), (2)');
    let arrived = 0;
    const both = async (first: number, second: number) =>
      patient.transaction(async (tx) => {
        await tx.query('SELECT 1 FROM notes WHERE id = $1 FOR UPDATE', [first]);
        arrived += 1;
        await waitFor(() => arrived === 2, { description: 'the other transaction', intervalMs: 1 });
        await tx.query('SELECT 1 FROM notes WHERE id = $1 FOR UPDATE', [second]);
      });
    const outcomes = await Promise.allSettled([both(1, 2), both(2, 1)]);
    const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(failed).toEqual([
      expect.objectContaining({
        code: 'TRANSACTION_CONFLICT',
        retryable: true,
        cause: expect.objectContaining({ code: '40P01' }),
      }),
    ]);
  } finally {
    await patient.close();
  }
});

it('does not wait for a lock without end', async () => {
  await database.execute('INSERT INTO notes VALUES (1)');
  await database.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM notes FOR UPDATE');
    await expect(database.execute('DELETE FROM notes')).rejects.toMatchObject({
      code: 'TRANSACTION_CONFLICT',
      cause: { code: '55P03' },
    });
  });
});

it('says within the time that nobody answers', async () => {
  const nowhere = createDatabase({ connectionString: 'postgres://nobody@127.0.0.1:1/none', applicationName: 'nowhere', logger });
  await expect(nowhere.ping(500)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  await expect(nowhere.transaction(async () => {})).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await nowhere.close();
});

it('shows its connections', async () => {
  const metrics = createMetrics({ service: 'test' });
  const shown = createDatabase({ connectionString: home.url, applicationName: 'shown', logger, metrics, maxConnections: 1 });
  const states = async () =>
    Object.fromEntries(
      (await metrics.gauge(METRICS.dbClientConnectionCount).get()).values.map(({ labels, value }) => [
        labels.db_client_connection_state,
        value,
      ]),
    );
  try {
    await shown.transaction(async () => {
      expect(await states()).toEqual({ idle: 0, used: 1 });
    });
    await waitFor(async () => (await states()).idle === 1, { description: 'the connection to be idle' });
    expect(await states()).toEqual({ idle: 1, used: 0 });
  } finally {
    await shown.close();
  }
});
