import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createOrderLedger } from './order-ledger.ts';
import { orderIndexOf } from './order-request.ts';
import { placeOrders } from './place-orders.ts';

let server: Server;

async function serve(listener: RequestListener): Promise<number> {
  server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

/** Twenty requests in a tenth of a second, unless told otherwise. */
async function place(port: number, overrides: Partial<Parameters<typeof placeOrders>[0]> = {}) {
  const ledger = createOrderLedger();
  const target = { host: '127.0.0.1', port, path: '/orders', tokens: ['one', 'two'] };
  const usual = { rate: 200, durationMs: 100, connections: 4, repeatShare: 0, timeoutMs: 2_000 };
  await placeOrders({ target, run: 'run', ...usual, ledger, ...overrides });
  return ledger;
}

describe('placeOrders', () => {
  it('sends each order once, with a key and the token of its user, and repeats the same bytes', async () => {
    const seen: { key: string; user: string; body: string }[] = [];
    const port = await serve(async (request, response) => {
      const body = await text(request);
      seen.push({ key: `${request.headers['idempotency-key']}`, user: `${request.headers.authorization}`, body });
      response
        .setHeader('x-event-id', `event of ${JSON.parse(body).orderId}`)
        .setHeader('content-length', 2)
        .end('{}');
    });
    const ledger = await place(port, { repeatShare: 0.5 });
    expect(ledger.counts()).toEqual({ sent: 20, answered: 20, accepted: 20, refused: 0, unavailable: 0, unknown: 0 });
    expect(ledger.orders().size).toBeLessThan(20);
    expect([...ledger.orders().values()].every(({ isRenamed }) => !isRenamed)).toBe(true);
    expect(new Set(seen.map((request) => JSON.stringify(request))).size).toBe(ledger.orders().size);
    for (const { key, user, body } of seen) {
      expect(JSON.parse(body).orderId).toBe(key);
      expect(user).toBe((orderIndexOf('run', key) ?? 0) % 2 === 0 ? 'Bearer one' : 'Bearer two');
    }
  });

  it('keeps its rate while a server stands still, and counts the latency from when a request was due', async () => {
    const port = await serve(async (request, response) => {
      await text(request);
      setTimeout(() => response.setHeader('x-event-id', 'e').setHeader('content-length', 0).end(), 50);
    });
    const ledger = await place(port, { connections: 1 });
    // One connection answers one each 50 ms: the last of twenty, due after 95 ms, waits for about 900.
    expect(Math.max(...ledger.latenciesMs())).toBeGreaterThan(700);
    expect(ledger.counts()).toMatchObject({ sent: 20, accepted: 20 });
  });

  it('opens a connection again after one broke, and does not know what became of its request', async () => {
    let requests = 0;
    const port = await serve(async (request, response) => {
      await text(request);
      requests += 1;
      if (requests % 4 === 0) request.socket.destroy();
      else response.setHeader('x-event-id', 'e').setHeader('content-length', 0).end();
    });
    const ledger = await place(port, { connections: 2 });
    expect(ledger.counts()).toMatchObject({ answered: 20, accepted: 15, unknown: 5 });
  });

  it('does not know what became of a request whose answer takes too long', async () => {
    const port = await serve(() => undefined);
    const ledger = await place(port, { rate: 20, timeoutMs: 60 });
    expect(ledger.reasons()).toEqual({ timeout: 2 });
    expect(ledger.counts()).toMatchObject({ unknown: 2 });
  });

  it('knows that nothing came of a request without a connection', async () => {
    const port = await serve(() => undefined);
    server.close();
    await once(server, 'close');
    const ledger = await place(port);
    expect(ledger.reasons()).toEqual({ ECONNREFUSED: 20 });
    expect(ledger.counts()).toMatchObject({ unavailable: 20, unknown: 0 });
  });

  it('ends an endless load when it is told to, with every request answered', async () => {
    const port = await serve(async (request, response) => {
      await text(request);
      response.setHeader('x-event-id', 'e').setHeader('content-length', 0).end();
    });
    const stop = new AbortController();
    const ledger = createOrderLedger();
    const noteSent = () => {
      ledger.sent();
      if (ledger.counts().sent >= 30) stop.abort();
    };
    await place(port, { durationMs: Number.POSITIVE_INFINITY, signal: stop.signal, ledger: { ...ledger, sent: noteSent } });
    const { sent, answered } = ledger.counts();
    expect(sent).toBeGreaterThanOrEqual(30);
    expect(answered).toBe(sent);
  });
});
