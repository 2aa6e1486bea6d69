import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, stackAddresses, type TestDatabase, waitFor } from '@throughline/testing';

const ADMIN = { email: 'Admin@Example.org', password: 'administrators password' };
const SECRET = 'a secret for tests, longer than thirty-two';

let testDatabase: TestDatabase;
let httpPort: number;
let opsPort: number;
let service: ChildProcess;
let output = '';

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  httpPort = await freePort();
  opsPort = await freePort();
  service = await startReady();
}, 60_000);

afterAll(async () => {
  service?.kill('SIGKILL');
  await testDatabase?.drop();
});

function startMain(keyEncryptionSecret = SECRET): ChildProcess {
  const origin = `http://127.0.0.1:${httpPort}/storage/auth`;
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      HTTP_PORT: String(httpPort),
      OPS_PORT: String(opsPort),
      DATABASE_URL: testDatabase.url,
      REDIS_URL: stackAddresses().redisUrl,
      AUTH_ISSUER: origin,
      AUTH_JWKS_URL: `${origin}/.well-known/jwks.json`,
      KEY_ENCRYPTION_SECRET: keyEncryptionSecret,
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      LOG_LEVEL: 'debug',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return child;
}

async function startReady(): Promise<ChildProcess> {
  const child = startMain();
  await waitFor(async () => (await fetch(`http://127.0.0.1:${opsPort}/readyz`)).ok, {
    timeoutMs: 40_000,
    description: 'the auth service',
  });
  return child;
}

const me = (token: string) =>
  fetch(`http://127.0.0.1:${httpPort}/storage/auth/me`, { headers: { authorization: `Bearer ${token}` } });

it('knows its administrator, and a token from before a restart', async () => {
  const login = await fetch(`http://127.0.0.1:${httpPort}/storage/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMIN),
  });
  const { accessToken } = (await login.json()) as { accessToken: string };
  expect(await (await me(accessToken)).json()).toMatchObject({ email: 'admin@example.org', roles: ['user', 'admin'] });

  service.kill('SIGTERM');
  const [code] = await once(service, 'exit');
  expect(code).toBe(0);
  service = await startReady();
  expect((await me(accessToken)).status).toBe(200);
}, 60_000);

it('does not start with another secret, and says so', async () => {
  service.kill('SIGTERM');
  await once(service, 'exit');
  const child = startMain('another secret for tests, also longer than 32');
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(output).toContain('KEY_ENCRYPTION_SECRET does not open signing key');
}, 60_000);

it('writes no secret to its log', () => {
  for (const secret of [ADMIN.password, SECRET, new URL(testDatabase.url).password].filter((text) => text !== '')) {
    expect(output).not.toContain(secret);
  }
});

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
