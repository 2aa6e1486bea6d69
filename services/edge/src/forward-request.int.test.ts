import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { waitFor } from '@throughline/testing';
import { type EdgeFixture, freePort, makeEdge, startEdge } from './edge.fixture.ts';

const MEBIBYTE = 1024 * 1024;

let edge: EdgeFixture;

beforeAll(async () => {
  edge = await startEdge();
});

beforeEach(() => edge.reset());

afterAll(() => edge?.close());

describe('streams', () => {
  it('carries a chunked upload and a chunked answer', async () => {
    edge.behave = async (request, response) => {
      response.writeHead(201, { etag: '"e"' });
      for await (const chunk of request) response.write(chunk);
      response.end('.');
    };
    const sent = edge.open('PUT', '/storage/buckets/b/objects/x');
    sent.write('one ');
    sent.end('two');
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect([answer.statusCode, answer.headers.etag, await text(answer)]).toEqual([201, '"e"', 'one two.']);
  });

  it('holds no more of a download than a slow client leaves in the buffers', async () => {
    let written = 0;
    let isHeldBack = false;
    edge.behave = (_, response) => {
      const push = (): void => {
        while (written < 512 * MEBIBYTE) {
          written += MEBIBYTE;
          if (!response.write(Buffer.alloc(MEBIBYTE))) {
            isHeldBack = true;
            response.once('drain', push);
            return;
          }
        }
      };
      response.writeHead(200);
      push();
    };
    const socket = await edge.rawOpen('GET /storage/buckets/b/objects/large HTTP/1.1\r\nHost: e\r\n\r\n');
    socket.pause();
    const seen: number[] = [];
    await waitFor(() => isHeldBack && seen.push(written) > 8 && new Set(seen.slice(-8)).size === 1, {
      description: 'the service being held back',
    });
    expect(written).toBeLessThan(64 * MEBIBYTE);
    socket.destroy();
  });

  it('holds no more of an upload than a slow service leaves in the buffers', async () => {
    edge.behave = (request) => request.pause();
    const sent = edge.open('PUT', '/storage/buckets/b/objects/large');
    let written = 0;
    const push = (): void => {
      do written += MEBIBYTE;
      while (sent.write(Buffer.alloc(MEBIBYTE)) && written < 512 * MEBIBYTE);
    };
    sent.on('drain', push).on('error', () => undefined);
    push();
    const seen: number[] = [];
    await waitFor(() => edge.asked.length > 0 && seen.push(written) > 8 && new Set(seen.slice(-8)).size === 1, {
      description: 'the client being held back',
    });
    expect(written).toBeLessThan(64 * MEBIBYTE);
    sent.destroy();
  });

  it('breaks the download off at the service when the client goes', async () => {
    const closed = new Promise<boolean>((resolve) => {
      edge.behave = (_, response) => {
        response.on('close', () => resolve(response.writableFinished));
        response.write('begin');
      };
    });
    const socket = await edge.rawOpen('GET /storage/buckets/b/objects/x HTTP/1.1\r\nHost: e\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    expect(await closed).toBe(false);
  });

  it('breaks the upload off at the service when the client goes', async () => {
    const end = new Promise<string>((resolve) => {
      edge.behave = (request) =>
        request
          .on('end', () => resolve('complete'))
          .on('error', () => resolve('cut off'))
          .resume();
    });
    const socket = await edge.rawOpen('PUT /storage/buckets/b/objects/x HTTP/1.1\r\nHost: e\r\nContent-Length: 1000\r\n\r\npart');
    await waitFor(() => edge.asked.length > 0, { description: 'the upload reaching the service' });
    socket.destroy();
    expect(await end).toBe('cut off');
  });
});

describe('a client that asks before it sends', () => {
  const head =
    'PUT /storage/buckets/b/objects/x HTTP/1.1\r\nHost: e\r\nConnection: close\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n';

  it('gets the go-ahead from the service', async () => {
    edge.behave = async (request, response) => {
      response.writeContinue();
      response.end(await text(request));
    };
    const socket = await edge.rawOpen(head);
    const [goAhead] = (await once(socket, 'data')) as [Buffer];
    expect(goAhead.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('body');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK[\s\S]*body/);
  });

  it('gets the refusal instead, without having sent anything', async () => {
    edge.behave = (_, response) => response.writeHead(401, { 'content-length': 0 }).end();
    expect(await text(await edge.rawOpen(head))).toMatch(/^HTTP\/1.1 401 /);
  });
});

it('hands over a refusal that comes in the middle of an upload', async () => {
  edge.behave = (request, response) => {
    request.once('data', () => {
      request.pause();
      response.writeHead(413, { 'content-length': 9 }).end('too large');
    });
  };
  const sent = edge.open('PUT', '/storage/buckets/b/objects/x', { 'content-length': String(64 * MEBIBYTE) });
  sent.on('error', () => undefined);
  sent.write(Buffer.alloc(MEBIBYTE));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  expect([answer.statusCode, answer.headers.connection, await text(answer)]).toEqual([413, 'close', 'too large']);
  sent.destroy();
});

describe('a service that fails', () => {
  it('is 503 with Retry-After when nobody listens', async () => {
    const lonely = makeEdge(await freePort());
    const { port } = await lonely.listen({ host: '127.0.0.1', port: 0 });
    const answer = await fetch(`http://127.0.0.1:${port}/storage/search`, { method: 'POST', body: 'x' });
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('content-type')]).toEqual([
      503,
      '1',
      'application/problem+json',
    ]);
    expect(await answer.json()).toMatchObject({ code: 'upstream_unavailable', status: 503, traceId: expect.any(String) });
    await lonely.close();
  });

  it('is 503 when it hangs up instead of answering', async () => {
    edge.behave = (request) => request.socket.destroy();
    expect((await edge.fetch('/storage/search', { method: 'POST', body: 'x' })).status).toBe(503);
  });

  it('cuts the answer off when it dies in the middle of one', async () => {
    edge.behave = (request, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('part', () => request.socket.destroy());
    };
    const answer = await edge.fetch('/storage/search');
    await expect(answer.text()).rejects.toThrow();
  });

  it('is given up after silence', async () => {
    const impatient = makeEdge(edge.servicePort, { idleTimeoutMs: 50 });
    const { port } = await impatient.listen({ host: '127.0.0.1', port: 0 });
    edge.behave = () => undefined;
    expect((await fetch(`http://127.0.0.1:${port}/storage/search`)).status).toBe(503);
    await impatient.close();
  });

  it('is asked again when it closed a kept connection that a GET was sent on', async () => {
    await (await edge.fetch('/storage/search')).text();
    const kept = await new Promise<Socket>((resolve) => {
      edge.behave = (request, response) => response.end(void resolve(request.socket));
      void edge.fetch('/storage/search').then((answer) => answer.text());
    });
    edge.behave = (request, response) => (request.socket === kept ? kept.destroy() : response.end('again'));
    edge.asked.length = 0;
    expect(await (await edge.fetch('/storage/search')).text()).toBe('again');
    expect(edge.asked).toEqual(['GET /storage/search', 'GET /storage/search']);
  });
});
