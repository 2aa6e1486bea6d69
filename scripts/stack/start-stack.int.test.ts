import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { openKinds } from './component-kinds.ts';
import { isPortFree } from './ports.ts';
import { reachableFolderFor } from './postgres-files.ts';
import { resetData } from './reset-data.ts';
import { type StackOptions, startStack } from './start-stack.ts';

const folders: string[] = [];

function newDataDir(mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-stack-'));
  chmodSync(folder, mode);
  folders.push(folder);
  return folder;
}

function options(dataDir: string, more: Partial<StackOptions>): StackOptions {
  return { dataDir, ports: { postgres: 0, redis: 0 }, given: {}, progress: () => undefined, ...more };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

afterAll(async () => {
  for (const folder of folders) {
    await resetData(folder);
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('startStack', () => {
  // 0o700: what mkdtemp makes, and what a checkout below /root is like for the account Postgres runs as.
  it.each([0o755, 0o700])('finds the data of the last start at the same address (folder mode %o)', async (mode) => {
    const postgres = options(newDataDir(mode), { names: ['postgres'] });
    const first = await startStack(postgres);
    await query(first.addresses.databaseUrl, 'CREATE TABLE kept AS SELECT 1 AS value');
    await first.stop();
    expect(await isPortFree(Number(new URL(first.addresses.databaseUrl).port))).toBe(true);
    const second = await startStack(postgres);
    try {
      expect(second.addresses).toEqual(first.addresses);
      expect(await query(second.addresses.databaseUrl, 'SELECT value FROM kept')).toEqual([{ value: 1 }]);
    } finally {
      await second.stop();
    }
    const elsewhere = startStack({ ...postgres, given: { DATABASE_URL: 'postgres://user:geheim@127.0.0.1:1/postgres' } });
    await expect(elsewhere).rejects.toMatchObject({ code: 'COMPONENT_MOVED', message: expect.not.stringContaining('geheim') });
    await resetData(postgres.dataDir);
    expect(openKinds(postgres.dataDir).of('postgres')).toBeUndefined();
    expect(existsSync(reachableFolderFor(postgres.dataDir))).toBe(false);
  });

  it('takes over from a run that was killed', async () => {
    const redis = options(newDataDir(0o755), { names: ['redis'] });
    const killed = spawn(process.execPath, [join(import.meta.dirname, 'stack.fixture.ts'), redis.dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [address] = (await once(createInterface({ input: killed.stdout }), 'line')) as [string];
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(await isPortFree(Number(new URL(address).port))).toBe(false);
    const stack = await startStack(redis);
    await stack.stop();
    expect(stack.addresses.redisUrl).toBe(address);
    expect(await isPortFree(Number(new URL(address).port))).toBe(true);
  });

  it('stops what it started when another part cannot be had, without printing the password', async () => {
    const dataDir = newDataDir(0o755);
    const ended: string[] = [];
    const given = { REDIS_URL: 'redis://user:geheim@127.0.0.1:1' };
    const start = startStack(options(dataDir, { names: ['postgres', 'redis'], given, onEnded: (name) => ended.push(name) }));
    const error = await start.then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).toBe('redis: nothing answers at the address in REDIS_URL');
    expect(existsSync(join(dataDir, 'run', 'postgres.pid'))).toBe(false);
    expect(ended).toEqual([]);
  });
});
