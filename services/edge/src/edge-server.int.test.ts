import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type EdgeFixture, freePort, makeEdge, startEdge } from './edge.fixture.ts';
import { createUpstreamReadiness } from './upstream-readiness.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let edge: EdgeFixture;

beforeAll(async () => {
  edge = await startEdge();
});

beforeEach(() => edge.reset());

afterAll(() => edge?.close());

describe('paths', () => {
  it.each([
    '/storage/buckets/b/objects/../x',
    '/storage/buckets/b/objects/%2e%2e/%2E%2e/etc?versionId=%2F..',
    '/storage/buckets/b/objects//a//./b/',
    '/storage/buckets/b/objects/..%2f..%2finternal',
    '/storage/users/u/buckets/b/objects/../../x',
    '/storage/search?fileName=../%00&tags=a,b',
  ])('%s reaches the service byte for byte', async (path) => {
    expect(await edge.rawGet(path)).toMatch(/^HTTP\/1.1 200 /);
    expect(edge.asked).toEqual([`GET ${path}`]);
  });

  it.each([
    '/storage/../internal/buckets?ownerId=o&name=b',
    '/internal/buckets?ownerId=o&name=b',
    '/storage/buckets/../../internal/buckets',
    '/storage/auth/%2e%2e/%2e%2e/internal/buckets',
    '//internal/buckets',
    'http://evil/internal/buckets',
    '/',
  ])('%s leads nowhere', async (path) => {
    const answer = await edge.rawGet(path);
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(answer).toMatch(/content-type: application\/problem\+json/);
    expect(answer).toMatch(/"code":"path_not_found"/);
    expect(edge.asked).toEqual([]);
  });

  it('takes a target in absolute form', async () => {
    expect(await edge.rawGet('http://somewhere:1/storage/search?fileName=x')).toMatch(/^HTTP\/1.1 200 /);
    expect(edge.asked).toEqual(['GET /storage/search?fileName=x']);
  });
});

describe('a body', () => {
  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('of %s is never read as a request of its own', async (method) => {
    const hidden = 'PUT /storage/buckets/b/objects/hidden HTTP/1.1\r\nHost: e\r\nContent-Length: 0\r\n\r\n';
    const head = [`${method} /storage/buckets HTTP/1.1`, 'Host: e', 'Connection: content-length, close'];
    const socket = await edge.rawOpen([...head, `Content-Length: ${hidden.length}`, '', hidden].join('\r\n'));
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 /);
    await edge.fetch('/storage/search');
    expect(edge.asked).toEqual([`${method} /storage/buckets`, 'GET /storage/search']);
  });

  it('of HTTP/1.0 is not asked for with an interim answer', async () => {
    const head = ['PUT /storage/buckets/b/objects/a HTTP/1.0', 'Expect: 100-continue', 'Content-Length: 1'];
    const socket = await edge.rawOpen([...head, '', 'x'].join('\r\n'));
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 /);
  });
});

it.each([
  ['Host: a\r\nHost: b', 400, 'host_invalid'],
  ['Host: a\r\nTransfer-Encoding: gzip, chunked', 501, 'transfer_coding_unsupported'],
  [`Host: a\r\nX: ${'x'.repeat(20_000)}`, 431, 'headers_too_large'],
])('does not pass %j on', async (headers, status, code) => {
  const answer = await text(await edge.rawOpen(`PUT /storage/search HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`));
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*"code":"${code}"`));
  expect(edge.asked).toEqual([]);
});

it('tells the service who edge.asked, and nothing that only claims to', async () => {
  const answer = await edge.fetch('/storage/search', {
    headers: {
      'x-forwarded-for': '6.6.6.6',
      'x-internal-token': 'guess',
      traceparent: TRACEPARENT,
      'x-kept': 'yes',
    },
  });
  const { headers } = (await answer.json()) as { headers: Record<string, string> };
  expect(headers).toMatchObject({
    host: `127.0.0.1:${edge.edgePort}`,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': `127.0.0.1:${edge.edgePort}`,
    traceparent: TRACEPARENT,
    'x-kept': 'yes',
  });
  expect(headers).not.toHaveProperty('x-internal-token');
});

describe('what the edge answers itself', () => {
  it('is live', async () => {
    expect((await edge.fetch('/livez')).status).toBe(200);
  });

  it('is healthy when every service is ready', async () => {
    expect([(await edge.fetch('/healthz')).status, edge.asked.every((line) => line === 'GET /readyz')]).toEqual([200, true]);
  });

  it('names the service that is not ready and the one that is away', async () => {
    const port = await freePort();
    const readiness = createUpstreamReadiness({
      services: [
        { name: 'storage-auth', readyUrl: new URL(`http://127.0.0.1:${edge.servicePort}/readyz`) },
        { name: 'storage-bucket', readyUrl: new URL(`http://127.0.0.1:${port}/readyz`) },
      ],
    });
    edge.behave = (_, response) => response.writeHead(503).end();
    expect(await readiness()).toEqual({
      isReady: false,
      services: { 'storage-auth': 'not ready', 'storage-bucket': 'unreachable' },
    });
  });

  it.each([
    ['/storage/openapi.json', 'Throughline object storage', 4],
    ['/intake/openapi.json', 'Throughline order intake', 3],
    ['/openapi.json', 'Throughline', 6],
  ])('merges at %s what the services say about themselves', async (path, title, services) => {
    let told = 0;
    edge.behave = (_, response) => {
      told += 1;
      response.end(JSON.stringify({ openapi: '3.1.0', info: {}, paths: { [`/${told}`]: { get: {} } }, components: {} }));
    };
    const answer = await edge.fetch(path);
    const document = (await answer.json()) as { info: unknown; paths: object };
    expect([answer.status, document.info]).toEqual([200, { title, version: '1.0.0' }]);
    expect(Object.keys(document.paths)).toHaveLength(services);
    expect(new Set(edge.asked)).toEqual(new Set(['GET /openapi.json']));
  });

  it('takes no other method', async () => {
    const answer = await edge.fetch('/healthz', { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

it('gives up a client that does not get to the end of its head', async () => {
  const impatient = makeEdge(edge.servicePort, { headersTimeoutMs: 50 });
  const { port } = await impatient.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /livez HTTP/1.1\r\nHo'));
  expect(await text(socket)).toMatch(/^HTTP\/1.1 408 [\s\S]*"code":"request_too_slow"/);
  await impatient.close();
});

it('lets a request under way end before it closes', async () => {
  const leaving = makeEdge(edge.servicePort);
  const { port } = await leaving.listen({ host: '127.0.0.1', port: 0 });
  const held = Promise.withResolvers<ServerResponse>();
  edge.behave = (_, response) => held.resolve(response);
  const answer = fetch(`http://127.0.0.1:${port}/storage/search`);
  const response = await held.promise;
  const closed = leaving.close();
  response.end('done');
  expect(await (await answer).text()).toBe('done');
  await closed;
  await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow();
});
