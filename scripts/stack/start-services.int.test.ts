import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackAddresses, testPrefix, waitFor } from '@throughline/testing';
import pg from 'pg';
import type { ServiceDeclaration } from '../systems.ts';
import { createPortFinder } from './ports.ts';
import { type RunState, readRunState, removeRunState } from './run-state.ts';
import { type RunningServices, startServices } from './start-services.ts';

const ENTRY = 'scripts/stack/service.fixture.ts';
const database = testPrefix().replaceAll('-', '_');
const dataDir = mkdtempSync(join(tmpdir(), 'throughline-services-'));
const eventsFile = join(dataDir, 'events');
const lines: string[] = [];
let edgePort: number;

function fixture(name: string, more: Partial<ServiceDeclaration> & { env?: ServiceDeclaration['env'] } = {}): ServiceDeclaration {
  const { env = () => ({}), ...rest } = more;
  const ownEnv: ServiceDeclaration['env'] = (context) => ({ FIXTURE_NAME: name, EVENTS_FILE: eventsFile, ...env(context) });
  return { name, entry: ENTRY, ports: { http: 0, ops: 0 }, ...rest, env: ownEnv };
}

async function start(services: readonly ServiceDeclaration[], edge = fixture('edge')): Promise<RunningServices> {
  const { databaseUrl, redisUrl, kafkaBrokers } = stackAddresses();
  edgePort = await createPortFinder()([]);
  return startServices({
    root: join(import.meta.dirname, '..', '..'),
    dataDir,
    services,
    edge,
    edgePort,
    addresses: { databaseUrl, redisUrl, kafkaBrokers: kafkaBrokers.join(',') },
    nodeArguments: [],
    progress: (name, text) => lines.push(`${name}: ${text}`),
    isVerbose: false,
  });
}

async function environmentOf(url: string): Promise<Record<string, string>> {
  const response = await fetch(`${url}/environment`);
  return (await response.json()) as Record<string, string>;
}

async function runOnStack(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: stackAddresses().databaseUrl });
  await client.connect();
  await client.query(text);
  await client.end();
}

afterAll(async () => {
  await runOnStack(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  await runOnStack(`DROP ROLE IF EXISTS ${database}`);
  rmSync(dataDir, { recursive: true, force: true });
});

describe('startServices', () => {
  it('gives each service its addresses and a database it owns, and keeps secrets private', async () => {
    const edge = fixture('edge', { env: ({ httpUrl }) => ({ ONE_URL: httpUrl('one') }) });
    const one = fixture('one', {
      database,
      env: ({ secret, administrator, services }) => ({
        TOKEN: secret('token'),
        ADMIN_EMAIL: administrator.email,
        SERVICES: services.join(),
      }),
    });
    const running = await start([one], edge);
    try {
      const { ONE_URL = '', DATABASE_URL } = await environmentOf(running.edgeUrl);
      expect(DATABASE_URL).toBeUndefined();
      const environment = await environmentOf(ONE_URL);
      expect(environment).toMatchObject({
        HOST: '127.0.0.1',
        CREATE_TOPICS: 'true',
        AUTH_ISSUER: `http://localhost:${edgePort}/storage/auth`,
      });
      expect(Buffer.from(environment.TOKEN ?? '', 'base64')).toHaveLength(32);
      expect(Buffer.from(environment.OPERATIONS_TOKEN ?? '', 'base64')).toHaveLength(32);
      expect(environment.ADMIN_EMAIL).toContain('@');
      expect(environment.SERVICES).toBe('one');
      const client = new pg.Client({ connectionString: environment.DATABASE_URL });
      await client.connect();
      const { rows } = await client.query('SELECT current_user AS role, current_database() AS database');
      await client.query('CREATE EXTENSION pg_trgm');
      await client.end();
      expect(rows).toEqual([{ role: database, database }]);
      for (const file of ['secrets.json', 'credentials.json']) expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
    } finally {
      await running.stop();
    }
  });

  it('brings a killed service back within two seconds and passes its warnings on', async () => {
    const running = await start([]);
    try {
      const { pid } = await environmentOf(running.edgeUrl);
      process.kill(Number(pid), 'SIGKILL');
      const isBack = async () => (await environmentOf(running.edgeUrl)).pid !== pid;
      await waitFor(isBack, { timeoutMs: 2_000, description: 'the restarted service' });
      expect(lines).toContain('edge: WARN a warning');
      expect(lines).toContain('edge: ended (SIGKILL), starting again in 0.2 s');
    } finally {
      await running.stop();
    }
  });

  it('stops the edge before the others', async () => {
    rmSync(eventsFile, { force: true });
    const running = await start([fixture('one')]);
    await running.stop();
    expect(readFileSync(eventsFile, 'utf8').trim().split('\n')).toEqual([
      'one started',
      'edge started',
      'edge asked to stop',
      'one asked to stop',
    ]);
  });

  it('ends everything and shows the log when a service does not come up', async () => {
    rmSync(eventsFile, { force: true });
    const broken = fixture('broken', { env: () => ({ DIES_AT_START: 'yes' }) });
    await expect(start([fixture('one'), broken])).rejects.toThrow(
      /broken ended 3 times at start \(exit code 3\)(.|\n)*the configuration is wrong/,
    );
    expect(readFileSync(eventsFile, 'utf8')).toContain('one asked to stop');
    expect(readFileSync(eventsFile, 'utf8')).not.toContain('edge started');
  });

  it('launches nothing behind a stop, also what was still waiting for its database', async () => {
    rmSync(eventsFile, { force: true });
    lines.length = 0;
    const role = `${database}_slow`;
    const blocking = new pg.Client({ connectionString: stackAddresses().databaseUrl });
    await blocking.connect();
    try {
      // A role of this name cannot be made while this is neither committed nor rolled back.
      await blocking.query('BEGIN');
      await blocking.query(`CREATE ROLE ${role}`);
      const broken = fixture('broken', { env: () => ({ DIES_AT_START: 'yes' }) });
      const outcome = start([fixture('slow', { database: role }), broken]).then(
        () => undefined,
        (error: Error) => error,
      );
      const isStopping = async () => lines.includes('services: not all of them got ready, stopping …');
      await waitFor(isStopping, { timeoutMs: 10_000, description: 'the stop' });
      await blocking.query('ROLLBACK');
      expect((await outcome)?.message).toContain('broken ended 3 times at start');
      expect(existsSync(join(dataDir, 'logs', 'slow.log'))).toBe(false);
    } finally {
      await blocking.end();
      await runOnStack(`DROP DATABASE IF EXISTS ${role}`);
      await runOnStack(`DROP ROLE IF EXISTS ${role}`);
    }
  });

  it('has noted where everything is before the edge starts', async () => {
    removeRunState(dataDir);
    let noted: RunState | undefined;
    const edge = fixture('edge', {
      env: () => {
        noted = readRunState(dataDir);
        return {};
      },
    });
    const running = await start([fixture('one')], edge);
    await running.stop();
    expect(noted?.edgeUrl).toBe(running.edgeUrl);
    expect(Object.keys(noted?.services ?? {}).sort()).toEqual(['edge', 'one']);
  });
});
