import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalInstallation } from './local-installation.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'installation-'));
  mkdirSync(join(dataDir, 'run'));
});

afterEach(() => rmSync(dataDir, { recursive: true }));

const write = (file: string, content: unknown) => writeFileSync(join(dataDir, file), JSON.stringify(content));

function noteRun(): void {
  const services = { 'intake-worker': { httpUrl: 'http://127.0.0.1:1', opsUrl: 'http://127.0.0.1:2' } };
  write('run/addresses.json', { edgeUrl: 'http://localhost:3', kafkaBrokers: '127.0.0.1:4', redisUrl: 'redis://x', services });
  write('secrets.json', { operationsToken: 'token', 'intake-worker.databasePassword': 'password' });
  write('ports.json', { postgres: 5 });
}

/** Runs a program that prints its arguments and where its stores are. */
function printStores(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<string> {
  const file = join(dataDir, 'print.ts');
  const source = 'const told: unknown = [process.argv.slice(2), process.env.KAFKA_BROKERS, process.env.DATABASE_URL];';
  writeFileSync(file, `${source}\nconsole.log(JSON.stringify(told));`);
  const installation = openLocalInstallation({ dataDir, edgeUrl: undefined, env });
  return installation.runProgram({ component: 'intake-worker', file, args }).then(JSON.parse);
}

describe('openLocalInstallation', () => {
  it('is what the running stack noted', async () => {
    noteRun();
    const installation = openLocalInstallation({ dataDir, edgeUrl: undefined, env: {} });
    expect(installation.edgeUrl).toBe('http://localhost:3');
    expect(await installation.httpUrl('intake-worker')).toBe('http://127.0.0.1:1');
    expect(await installation.opsUrl('intake-worker')).toBe('http://127.0.0.1:2');
    expect(await installation.operationsToken()).toBe('token');
    await expect(installation.opsUrl('console')).rejects.toThrow('console does not run: start it with npm start');
  });

  it('takes another entrance that was named, and the usual one where nothing runs', () => {
    expect(openLocalInstallation({ dataDir, edgeUrl: undefined, env: {} }).edgeUrl).toBe('http://localhost:8080');
    noteRun();
    expect(openLocalInstallation({ dataDir, edgeUrl: 'http://elsewhere', env: {} }).edgeUrl).toBe('http://elsewhere');
  });

  it('gives a program the stores of its component, on the Postgres that npm start was given if it was', async () => {
    noteRun();
    const own = 'postgres://intake_worker:password@127.0.0.1:5/intake_worker';
    expect(await printStores({ KAFKA_BROKERS: 'another:9', DATABASE_URL: '' }, 'a b', '{}')).toEqual([
      ['a b', '{}'],
      '127.0.0.1:4',
      own,
    ]);
    const given = await printStores({ DATABASE_URL: 'postgres://admin:secret@elsewhere:6/postgres' });
    expect(given).toEqual([[], '127.0.0.1:4', 'postgres://intake_worker:password@elsewhere:6/intake_worker']);
  });

  it('gives a program the environment as it is where nothing runs', async () => {
    expect(await printStores({ KAFKA_BROKERS: 'another:9' })).toEqual([[], 'another:9', null]);
  });
});
