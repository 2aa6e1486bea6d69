import { connect, createServer, type Server, type Socket } from 'node:net';
import { createTestDatabase, stackAddresses, type TestDatabase, testPrefix, waitFor } from '@throughline/testing';
import { type ServiceProcess, startServiceProcess } from '../test/service-process.fixture.ts';

const { kafkaBrokers } = stackAddresses();
const token = 'a-token-for-operators';
const authorized = { headers: { authorization: `Bearer ${token}` } };
let testDatabase: TestDatabase;
let service: ServiceProcess;
const sockets = new Set<Socket>();
let door: Server;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const target = new URL(testDatabase.url);
  door = createServer((socket) => {
    const onward = connect(Number(target.port), target.hostname);
    for (const end of [socket, onward]) sockets.add(end.on('error', () => end.destroy()));
    socket.pipe(onward).pipe(socket);
  });
});

afterAll(async () => {
  service.process.kill('SIGKILL');
  await service.exited;
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => door.close(resolve));
  await testDatabase.drop();
});

describe('startBackbone', () => {
  it('waits for Postgres, and is ready and works without Redis', async () => {
    const port = await closedPort();
    const url = new URL(testDatabase.url);
    url.host = `127.0.0.1:${port}`;
    service = await startServiceProcess('tiny-service.fixture.ts', {
      DATABASE_URL: url.href,
      REDIS_URL: `redis://127.0.0.1:${await closedPort()}`,
      KAFKA_BROKERS: kafkaBrokers.join(','),
      TOPIC: testPrefix('start'),
      OPERATIONS_TOKEN: token,
    });
    await waitFor(() => service.lines.some(({ msg }) => msg.startsWith('Waiting for the database')), {
      description: 'the service to wait',
    });
    expect((await fetch(`${service.opsUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${service.opsUrl}/operations`, authorized)).status).toBe(404);

    await new Promise<void>((resolve) => door.listen(port, '127.0.0.1', resolve));
    await service.ready();
    const page = (await (await fetch(`${service.opsUrl}/readyz`)).json()) as { checks: Record<string, string> };
    expect(page.checks).toMatchObject({ database: 'ok', redis: expect.stringMatching(/^degraded: /) });
    const response = await fetch(`${service.httpUrl}/things`, { method: 'POST' });
    const { id } = (await response.json()) as { id: string };
    await waitFor(() => service.lines.some(({ msg }) => msg === `Handled ${id}`), { description: 'the event to be handled' });
    expect(await (await fetch(`${service.opsUrl}/operations`, authorized)).json()).toMatchObject({ hasOutbox: true });
    expect((await fetch(`${service.opsUrl}/operations`)).status).toBe(401);
    const metrics = await (await fetch(`${service.opsUrl}/metrics`)).text();
    expect(metrics).toMatch(/rate_limiter_fallback_total\{.*\} 1/);
    expect(metrics).toMatch(/messaging_client_sent_messages_total\{.*error_type="".*\} 1/);
  }, 60_000);
});

function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
