import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendRequest } from '../api-client/send-request.ts';
import { outcomeOfError, outcomeOfReply } from './upload-outcome.ts';

function reply(status: number, body: object | undefined = undefined) {
  const text = JSON.stringify(body ?? null);
  const headers = new Headers(body === undefined ? {} : { 'content-type': 'application/problem+json' });
  return { status, headers, bytes: new TextEncoder().encode(text), json: () => JSON.parse(text) };
}

describe('outcomeOfReply', () => {
  it('takes 201 as acknowledged, and nothing else', () => {
    expect(outcomeOfReply(reply(201, { objectId: 'object-1' }))).toEqual({ kind: 'acknowledged', objectId: 'object-1' });
    expect(outcomeOfReply(reply(200, { objectId: 'object-1' }))).toEqual({ kind: 'unknown', reason: '200' });
  });

  it.each([
    ['a refused name', reply(422, { code: 'validation_failed' }), { kind: 'refused', reason: '422 validation_failed' }],
    ['too many under way', reply(503, { code: 'overloaded' }), { kind: 'refused', reason: '503 overloaded' }],
    [
      'nobody behind the edge',
      reply(503, { code: 'upstream_unavailable' }),
      { kind: 'unknown', reason: '503 upstream_unavailable' },
    ],
    ['a 503 of somebody else', reply(503), { kind: 'unknown', reason: '503' }],
    ['a failure', reply(500, { code: 'internal_error' }), { kind: 'unknown', reason: '500 internal_error' }],
  ])('tells what is certain of %s', (_, answer, expected) => {
    expect(outcomeOfReply(answer)).toEqual(expected);
  });
});

describe('outcomeOfError', () => {
  let server: Server;

  async function listen(listener: RequestListener): Promise<number> {
    server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function close(): Promise<void> {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  afterEach(async () => {
    if (server.listening) await close();
  });

  async function outcomeAt(port: number, timeoutMs = 5_000) {
    const request = { method: 'PUT', path: '/', bytes: new Uint8Array(1), timeoutMs } as const;
    return sendRequest(`http://127.0.0.1:${port}`, request).then(outcomeOfReply, outcomeOfError);
  }

  it('knows that nothing came of an upload without a connection', async () => {
    const port = await listen(() => undefined);
    await close();
    expect(await outcomeAt(port)).toEqual({ kind: 'refused', reason: 'ECONNREFUSED' });
  });

  it('does not know what came of one whose connection broke', async () => {
    const port = await listen((request) => request.socket.destroy());
    expect(await outcomeAt(port)).toMatchObject({ kind: 'unknown' });
  });

  it('does not know what came of one whose answer took too long', async () => {
    const port = await listen(() => undefined);
    expect(await outcomeAt(port, 50)).toEqual({ kind: 'unknown', reason: 'TimeoutError' });
  });
});
