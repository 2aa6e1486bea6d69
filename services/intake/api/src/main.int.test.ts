import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { stackAddresses, startTokenIssuer, type TokenIssuer, testPrefix, waitFor } from '@throughline/testing';

const prefix = testPrefix('intake');
const OPERATIONS_TOKEN = 'a-token-for-operators';

let issuer: TokenIssuer;
let service: ChildProcess;
let origin: string;
let opsOrigin: string;
let closedPort: number;
const lines: string[] = [];

beforeAll(async () => {
  issuer = await startTokenIssuer('orders:write');
  const [httpPort, opsPort] = [await freePort(), await freePort()];
  closedPort = await freePort();
  [origin, opsOrigin] = [`http://127.0.0.1:${httpPort}`, `http://127.0.0.1:${opsPort}`];
  service = startMain({
    HTTP_PORT: String(httpPort),
    OPS_PORT: String(opsPort),
    REDIS_URL: `redis://127.0.0.1:${closedPort}`,
    KAFKA_BROKERS: stackAddresses().kafkaBrokers.join(','),
    CREATE_TOPICS: 'true',
    ORDERS_TOPIC: `${prefix}.v1`,
    WORKER_GROUP: prefix,
    ...issuer.environment,
    OPERATIONS_TOKEN,
    LOG_LEVEL: 'debug',
  });
  service.stdout?.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  await waitFor(async () => (await fetch(`${opsOrigin}/readyz`)).ok, { timeoutMs: 40_000, description: 'the intake api' });
}, 60_000);

afterAll(() => {
  service?.kill('SIGKILL');
  issuer?.close();
});

const place = (token: string, body: unknown) =>
  fetch(`${origin}/intake/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

it('takes orders of signed tokens without a database and without Redis', async () => {
  const answer = await place(issuer.tokenFor(randomUUID()), { orderId: '123', amount: 100.0 });
  expect(answer.status).toBe(200);
  const eventId = answer.headers.get('x-event-id');
  expect(await answer.json()).toEqual({ eventId, orderId: '123' });
  const told = lines
    .join('')
    .split('\n')
    .filter((line) => line.includes(`"event_id":"${eventId}"`));
  expect(told.map((line) => JSON.parse(line).trace_id)).toContain(answer.headers.get('x-trace-id'));
  const page = (await (await fetch(`${opsOrigin}/readyz`)).json()) as { checks: Record<string, string> };
  expect(page.checks).toMatchObject({ kafka: 'ok', redis: expect.stringMatching(/^degraded: /) });
});

it('refuses tokens of another issuer, out of date or without the scope', async () => {
  const statusOf = async (claims: Record<string, unknown>) =>
    (await place(issuer.tokenFor(randomUUID(), claims), { amount: 1 })).status;
  expect(await statusOf({ iss: 'http://other' })).toBe(401);
  expect(await statusOf({ exp: 1 })).toBe(401);
  expect(await statusOf({ scope: 'orders:read' })).toBe(403);
});

it('shows the queue of its worker, also when none ever ran', async () => {
  const ask = async (path: string) =>
    (await fetch(`${opsOrigin}${path}`, { headers: { authorization: `Bearer ${OPERATIONS_TOKEN}` } })).json();
  expect(await ask('/operations')).toEqual({ service: 'intake.api', groups: [], hasOutbox: false });
  expect(await ask(`/operations/queues/${prefix}`)).toMatchObject({
    group: prefix,
    topics: [`${prefix}.v1`],
    approximateNumberOfMessages: 1,
    approximateNumberOfMessagesNotVisible: null,
    members: 0,
  });
  await waitFor(async () => (await (await fetch(`${opsOrigin}/metrics`)).text()).includes('queue_messages{queue="'), {
    description: 'the queue among the metrics',
    timeoutMs: 15_000,
  });
});

it('stops on SIGTERM with exit code 0', async () => {
  service.kill('SIGTERM');
  const [code] = await once(service, 'exit');
  expect(code).toBe(0);
});

it('names every variable that is missing or wrong', async () => {
  const child = startMain({ HTTP_PORT: 'eighty', MAX_IN_FLIGHT: '0', ACCEPT_DEADLINE_MS: '60000' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  const names = ['HTTP_PORT', 'OPS_PORT', 'REDIS_URL', 'KAFKA_BROKERS', 'AUTH_ISSUER', 'AUTH_JWKS_URL', 'MAX_IN_FLIGHT'];
  for (const name of [...names, 'ACCEPT_DEADLINE_MS']) expect(output).toContain(name);
  expect(output).not.toContain('DATABASE_URL');
});

function startMain(env: Record<string, string>): ChildProcess {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const args = ['--import', '@throughline/telemetry/register', main];
  return spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
