import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createDatabase, type Database } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, stackAddresses, type TestDatabase, testPrefix, waitFor } from '@throughline/testing';

const ISSUER = 'http://issuer.test';
const issuerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const logger = createLogger({ name: 'bucket-test', level: 'fatal' });
const topic = `${testPrefix('bucket')}.v1`;

let testDatabase: TestDatabase;
let database: Database;
let issuer: Server;
let service: ChildProcess;
let origin: string;
let opsOrigin: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = createDatabase({ connectionString: testDatabase.url, applicationName: 'bucket-test', logger });
  issuer = createServer((_, response) => {
    const key = { ...issuerKey.publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256', use: 'sig' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  });
  const jwksPort = await listenAnywhere(issuer);
  const [httpPort, opsPort] = [await freePort(), await freePort()];
  [origin, opsOrigin] = [`http://127.0.0.1:${httpPort}`, `http://127.0.0.1:${opsPort}`];
  service = startMain({
    HTTP_PORT: String(httpPort),
    OPS_PORT: String(opsPort),
    DATABASE_URL: testDatabase.url,
    REDIS_URL: stackAddresses().redisUrl,
    KAFKA_BROKERS: stackAddresses().kafkaBrokers.join(','),
    CREATE_TOPICS: 'true',
    BUCKET_TOPIC: topic,
    AUTH_ISSUER: ISSUER,
    AUTH_JWKS_URL: `http://127.0.0.1:${jwksPort}/jwks.json`,
    INTERNAL_TOKEN: 'inside',
    LOG_LEVEL: 'warn',
  });
  await waitFor(async () => (await fetch(`${opsOrigin}/readyz`)).ok, { timeoutMs: 40_000, description: 'the bucket service' });
}, 60_000);

afterAll(async () => {
  service?.kill('SIGKILL');
  issuer?.close();
  await database?.close();
  await testDatabase?.drop();
});

it('relays its events to Kafka', async () => {
  const headers = { authorization: `Bearer ${tokenFor(randomUUID())}`, 'content-type': 'application/json' };
  const made = await fetch(`${origin}/storage/buckets`, { method: 'POST', headers, body: JSON.stringify({ name: 'real' }) });
  const { bucketId } = (await made.json()) as { bucketId: string };
  await fetch(`${origin}/storage/buckets/real`, { method: 'PATCH', headers, body: JSON.stringify({ versioningEnabled: true }) });
  await fetch(`${origin}/storage/buckets/real`, { method: 'DELETE', headers });
  const sent = await waitFor(
    async () => {
      const rows = await database.query<{ type: string; topic: string; sent: boolean }>(
        'SELECT type, topic, sent_at IS NOT NULL AS sent FROM outbox WHERE aggregateid = $1 ORDER BY seq',
        [bucketId],
      );
      return rows.length === 2 && rows.every((row) => row.sent) && rows;
    },
    { description: 'both events being acknowledged by Kafka' },
  );
  expect(sent).toEqual([
    { type: 'BUCKET_UPDATED', topic, sent: true },
    { type: 'BUCKET_DELETED', topic, sent: true },
  ]);
});

it('refuses tokens of another issuer', async () => {
  const answer = await fetch(`${origin}/storage/buckets`, {
    headers: { authorization: `Bearer ${tokenFor(randomUUID(), 'http://other')}` },
  });
  expect(answer.status).toBe(401);
});

it('stops on SIGTERM with exit code 0', async () => {
  service.kill('SIGTERM');
  const [code] = await once(service, 'exit');
  expect(code).toBe(0);
});

it('names every variable that is missing', async () => {
  const child = startMain({ HTTP_PORT: 'eighty' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  for (const name of [
    'HTTP_PORT',
    'OPS_PORT',
    'DATABASE_URL',
    'REDIS_URL',
    'KAFKA_BROKERS',
    'AUTH_ISSUER',
    'AUTH_JWKS_URL',
    'INTERNAL_TOKEN',
  ]) {
    expect(output).toContain(name);
  }
});

function startMain(env: Record<string, string>): ChildProcess {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  return spawn(process.execPath, [main], { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

function tokenFor(userId: string, iss = ISSUER): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss,
    aud: 'throughline',
    sub: userId,
    roles: ['user'],
    scope: 'storage:read storage:write',
    iat: now,
    exp: now + 600,
  };
  const signed = [{ alg: 'ES256', kid: 'test' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), { key: issuerKey.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

async function listenAnywhere(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
