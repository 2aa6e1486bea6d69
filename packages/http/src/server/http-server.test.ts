import { connect } from 'node:net';
import { EventError } from '@throughline/events';
import { createLogger, createMetrics } from '@throughline/telemetry';
import Type from 'typebox';
import { Problem } from '../problems/problem.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './http-server.ts';

const ok = { 200: { description: 'Done.' } };
const opened: HttpServer[] = [];
const logLines: string[] = [];

afterEach(async () => {
  logLines.length = 0;
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

async function serve(routes: readonly Route[], options: Partial<HttpServerOptions> = {}) {
  const server = createHttpServer({
    routes,
    logger: createLogger({ name: 'test', level: 'info', destination: { write: (line) => void logLines.push(line) } }),
    metrics: createMetrics({ service: 'test' }),
    title: 'Test',
    drainDeadlineMs: 1_000,
    lastAnswersMs: 0,
    verifyToken: async (token) => {
      if (token === 'broken')
        throw new Problem({ kind: 'unauthenticated', code: 'token_invalid', detail: 'The token is not valid.' });
      return { userId: token, roles: ['user'], scopes: ['read'] };
    },
    ...options,
  });
  opened.push(server);
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  return { server, port, url: `http://127.0.0.1:${port}` };
}

/** What comes back on a connection that sends exactly these bytes, until it closes. */
function exchange(port: number, ...parts: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

const echo = defineRoute({
  method: 'POST',
  path: '/things/{id}',
  operationId: 'echoThing',
  summary: 'Echo',
  auth: 'none',
  pathSchema: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
  querySchema: Type.Object({
    limit: Type.Integer({ minimum: 1, maximum: 10, default: 5 }),
    tags: Type.Optional(Type.Array(Type.String())),
  }),
  headersSchema: Type.Object({ 'x-access': Type.Optional(Type.Union([Type.Literal('PRIVATE'), Type.Literal('PUBLIC')])) }),
  bodySchema: Type.Object({ name: Type.String({ minLength: 3, maxLength: 5 }), size: Type.Optional(Type.Integer()) }),
  bodyLimitBytes: 200,
  responses: ok,
  handler: async ({ path, query, headers, body }) => ({ status: 200, body: { path, query, headers, body } }),
});

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

describe('a valid request', () => {
  it('reaches its handler with coerced parts and defaults', async () => {
    const { url } = await serve([echo]);
    const response = await post(`${url}/things/7?limit=3&tags=a&tags=b%20c`, { name: 'abc' }, { 'x-access': 'PUBLIC' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({
      path: { id: 7 },
      query: { limit: 3, tags: ['a', 'b c'] },
      headers: { 'x-access': 'PUBLIC' },
      body: { name: 'abc' },
    });
  });

  it('treats an empty query parameter as absent and a single list value as a list', async () => {
    const { url } = await serve([echo]);
    const response = await post(`${url}/things/7?limit=&tags=a`, { name: 'abc' });
    expect(await response.json()).toMatchObject({ query: { limit: 5, tags: ['a'] } });
  });
});

describe('a server with a bound', () => {
  const held = Promise.withResolvers<void>();
  const hold = defineRoute({
    method: 'POST',
    path: '/held',
    operationId: 'hold',
    summary: 'Hold',
    auth: 'required',
    bodySchema: Type.Object({}),
    responses: ok,
    handler: async () => {
      await held.promise;
      return { status: 200, body: {} };
    },
  });

  it('refuses what is more than it may have under way, whoever asks, and takes more when something is done', async () => {
    const { url } = await serve([hold], { maxActiveRequests: 2 });
    const as = { authorization: 'Bearer me' };
    const waiting = [post(`${url}/held`, {}, as), post(`${url}/held`, {}, as)];
    const refused = await Promise.race([...waiting, post(`${url}/held`, 'no JSON'), post(`${url}/held`, 'no JSON')]);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'overloaded' });
    held.resolve();
    for (const response of await Promise.all(waiting)) {
      expect(response.status).toBe(200);
      await response.arrayBuffer();
    }
    expect((await post(`${url}/held`, {}, as)).status).toBe(200);
  });
});

it('names the event of an answer in its line, where lines are wanted', async () => {
  const route = defineRoute({
    method: 'GET',
    path: '/event',
    operationId: 'getEvent',
    summary: 'Event',
    auth: 'none',
    responses: ok,
    handler: async () => ({ status: 200, headers: { 'x-event-id': 'e-1' } }),
  });
  const logger = createLogger({ name: 'test', level: 'debug', destination: { write: (line) => void logLines.push(line) } });
  const { url } = await serve([route], { logger });
  await (await fetch(`${url}/event`)).arrayBuffer();
  await fetch(`${url}/event`);
  expect(logLines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ msg: 'GET /event answered 200', event_id: 'e-1' }),
  );
});

describe('an invalid request', () => {
  it('is answered with every fault of path, query, headers and body at once', async () => {
    const { url } = await serve([echo]);
    const response = await post(`${url}/things/0?limit=11`, { name: 'ab', extra: 1, size: 'x' }, { 'x-access': 'SECRET' });
    expect(response.status).toBe(422);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const problem = (await response.json()) as { errors: unknown[]; traceId: string };
    expect(problem).toMatchObject({
      type: 'https://throughline.dev/problems/validation-failed',
      title: 'Validation failed',
      status: 422,
      code: 'validation_failed',
      instance: '/things/0',
      traceId: response.headers.get('x-trace-id'),
    });
    expect(problem.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(problem.errors).toEqual([
      { field: 'path/id', message: 'must be at least 1' },
      { field: 'query/limit', message: 'must be at most 10' },
      { field: 'header/x-access', message: 'must be one of PRIVATE, PUBLIC' },
      { field: 'body/extra', message: 'is not a known field' },
      { field: 'body/name', message: 'must have at least 3 characters' },
      { field: 'body/size', message: 'must be of type integer' },
    ]);
  });

  it.each([
    ['a missing field', '/things/1', '{}', 422, 'body/name'],
    ['no body', '/things/1', '', 422, 'body'],
    ['a body that is no object', '/things/1', '[]', 422, 'body'],
    ['a parameter twice', '/things/1?limit=1&limit=2', '{"name":"abc"}', 422, 'query/limit'],
    ['a body that writes to the prototype', '/things/1', '{"name":"abc","__proto__":{"admin":true}}', 422, 'body/__proto__'],
  ])('%s: 422 naming the field', async (_case, path, body, status, field) => {
    const { url } = await serve([echo]);
    const response = await post(url + path, body);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { errors: { field: string }[] }).errors.map((error) => error.field)).toEqual([field]);
  });

  it.each([
    ['JSON cut off', '/things/1', '{"name":', {}, 400, 'body_malformed'],
    ['a body above the limit', '/things/1', JSON.stringify({ name: 'x'.repeat(300) }), {}, 413, 'body_too_large'],
    ['another content type', '/things/1', 'name=abc', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    [
      'an unknown charset',
      '/things/1',
      '{}',
      { 'content-type': 'application/json; charset=latin1' },
      415,
      'unsupported_media_type',
    ],
    ['a broken percent-encoding in the path', '/things/%ff', '{}', {}, 400, 'path_malformed'],
    ['a broken percent-encoding in the query', '/things/1?limit=%f', '{}', {}, 400, 'query_malformed'],
    ['an unknown path', '/nothing', '{}', {}, 404, 'route_not_found'],
    ['a trailing slash', '/things/1/', '{}', {}, 404, 'route_not_found'],
  ])('%s: %#', async (_case, path, body, headers, status, code) => {
    const { url } = await serve([echo]);
    const response = await post(url + path, body, headers as Record<string, string>);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ status, code });
  });

  it('with a method that the path does not take is 405 with Allow', async () => {
    const { url } = await serve([echo]);
    const response = await fetch(`${url}/things/1`, { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('OPTIONS, POST');
  });
});

describe('tokens', () => {
  const route = (auth: Route['auth'], scopes?: string[]): Route =>
    defineRoute({
      method: 'GET',
      path: '/me',
      operationId: 'me',
      summary: 'Me',
      auth,
      ...(scopes && { scopes }),
      responses: ok,
      handler: async ({ principal }) => ({ status: 200, body: { userId: principal?.userId ?? null } }),
    });

  it.each([
    ['required', undefined, 401, 'token_missing'],
    ['required', 'Bearer broken', 401, 'token_invalid'],
    ['required', 'Basic eDp5', 401, 'token_invalid'],
    ['required', 'bearer anna', 200, 'anna'],
    ['optional', undefined, 200, null],
    ['optional', 'Bearer broken', 401, 'token_invalid'],
    ['none', 'Bearer broken', 200, null],
  ] as const)('auth %s with %s: %d', async (auth, authorization, status, outcome) => {
    const { url } = await serve([route(auth)]);
    const response = await fetch(`${url}/me`, { headers: authorization === undefined ? {} : { authorization } });
    expect(response.status).toBe(status);
    expect(response.headers.has('www-authenticate')).toBe(status === 401);
    const body = (await response.json()) as { code?: string; userId?: string | null };
    expect(status === 200 ? body.userId : body.code).toBe(outcome);
  });

  it('without a scope that the route asks for are 403 naming it', async () => {
    const { url } = await serve([route('required', ['read', 'admin'])]);
    const response = await fetch(`${url}/me`, { headers: { authorization: 'Bearer anna' } });
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain('scope="admin"');
    expect(await response.json()).toMatchObject({ code: 'scope_missing' });
  });
});

describe('a handler that fails', () => {
  const failing = (error: unknown): Route =>
    defineRoute({
      method: 'GET',
      path: '/fail',
      operationId: 'fail',
      summary: 'Fail',
      auth: 'none',
      responses: ok,
      handler: () => Promise.reject(error),
    });

  it('unexpectedly is 500 without its message, which is in the log under the trace id', async () => {
    const { url } = await serve([failing(new Error('the secret formula'))]);
    const response = await fetch(`${url}/fail`);
    const body = (await response.json()) as { traceId: string };
    expect(response.status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('formula');
    expect(logLines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'error', traceId: body.traceId, err: { message: 'the secret formula' } },
    ]);
  });

  it('after it read the body is logged all the same', async () => {
    const { url } = await serve([{ ...echo, handler: () => Promise.reject(new Error('broken')) }]);
    expect((await post(`${url}/things/1`, { name: 'abc' })).status).toBe(500);
    expect(logLines).toHaveLength(1);
  });

  it('because something does not answer is 503 with Retry-After', async () => {
    const { url } = await serve([failing(new EventError('STORE_UNAVAILABLE', 'no connection', { retryable: true }))]);
    const response = await fetch(`${url}/fail`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
  });
});

describe('paths', () => {
  const rest = defineRoute({
    method: 'GET',
    path: '/files/{name+}',
    operationId: 'file',
    summary: 'File',
    auth: 'none',
    responses: ok,
    handler: async ({ path, request }) => ({
      status: 200,
      body: { name: (path as { name?: string }).name, method: request.method },
    }),
  });
  const versions = defineRoute({
    ...rest,
    path: '/files/{id}/versions',
    operationId: 'versions',
    handler: async () => ({ status: 200, body: 'versions' }),
  });

  it.each([
    ['/files/a/b.txt', 'a/b.txt'],
    ['/files/../../etc/passwd', '../../etc/passwd'],
    ['/files/%2e%2e/x', '../x'],
    ['/files/a%2Fb', 'a/b'],
    ['/files/a//b/', 'a//b/'],
    ['/files/%C3%A4%20%3F', 'ä ?'],
  ])('%s is not normalised', async (path, name) => {
    const { port } = await serve([rest]);
    const answer = await exchange(port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toEqual({ name, method: 'GET' });
  });

  it('with fixed segments win over parameters, whatever the order of declaration', async () => {
    const { url } = await serve([rest, versions]);
    expect(await (await fetch(`${url}/files/7/versions`)).json()).toBe('versions');
  });

  it('HEAD gets the head of GET', async () => {
    const { url } = await serve([rest]);
    const response = await fetch(`${url}/files/a`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await response.text()).toBe('');
  });
});

describe('connections', () => {
  /** A handler that answers when `finish` is called, or ends with the reason of its signal. */
  function slowRoute() {
    const started = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    const route = defineRoute({
      method: 'GET',
      path: '/slow',
      operationId: 'slow',
      summary: 'Slow',
      auth: 'none',
      responses: ok,
      handler: async ({ signal }) => {
        signal.addEventListener('abort', () => {
          aborted.resolve(signal.reason);
          finished.resolve();
        });
        started.resolve();
        await finished.promise;
        return { status: 200, body: 'done' };
      },
    });
    return { route, started: started.promise, aborted: aborted.promise, finish: finished.resolve };
  }
  const upload = defineRoute({
    method: 'PUT',
    path: '/upload',
    operationId: 'upload',
    summary: 'Upload',
    auth: 'required',
    responses: ok,
    handler: async ({ request }) => {
      let bytes = 0;
      for await (const chunk of request) bytes += (chunk as Buffer).length;
      return { status: 200, body: { bytes } };
    },
  });

  it('a client that goes away aborts the handler’s signal', async () => {
    const slow = slowRoute();
    const { url } = await serve([slow.route]);
    const client = new AbortController();
    const response = fetch(`${url}/slow`, { signal: client.signal }).catch(() => 'gone');
    await slow.started;
    client.abort();
    expect(await response).toBe('gone');
    expect(String(await slow.aborted)).toContain('closed the connection');
  });

  it('close lets a request under way end and takes no new ones', async () => {
    const slow = slowRoute();
    const { server, url } = await serve([slow.route]);
    const underWay = fetch(`${url}/slow`);
    await slow.started;
    const closed = server.close();
    slow.finish();
    expect((await underWay).status).toBe(200);
    await closed;
    await expect(fetch(`${url}/slow`)).rejects.toThrow();
  });

  it('close answers a moment longer, and takes no new connections while the last request ends', async () => {
    const slow = slowRoute();
    const { server, url } = await serve([slow.route], { lastAnswersMs: 200 });
    const underWay = fetch(`${url}/slow`);
    await slow.started;
    const closed = server.close();
    const late = await fetch(`${url}/nothing`);
    expect([late.status, late.headers.get('connection')]).toEqual([404, 'close']);
    const isTaken = () =>
      fetch(`${url}/nothing`).then(
        () => true,
        () => false,
      );
    while (await isTaken());
    slow.finish();
    expect((await underWay).headers.get('connection')).toBe('close');
    await closed;
  });

  it('close aborts what is still under way at the drain deadline', async () => {
    const slow = slowRoute();
    const { server, url } = await serve([slow.route], { drainDeadlineMs: 100 });
    const underWay = fetch(`${url}/slow`).catch(() => 'cut off');
    await slow.started;
    await server.close();
    expect(await underWay).toBe('cut off');
    expect(String(await slow.aborted)).toMatch(/shutting down|closed the connection/);
  });

  it('a refused upload that waits for 100 Continue is never asked to send', async () => {
    const { port } = await serve([upload]);
    const head = 'PUT /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\nexpect: 100-continue\r\nconnection: close\r\n';
    const refused = await exchange(port, `${head}\r\n`);
    expect(refused).toMatch(/^HTTP\/1.1 401/);
    const welcome = await exchange(port, `${head}authorization: Bearer anna\r\n\r\n`, 'x'.repeat(1_000_000));
    expect(welcome).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200/);
    expect(welcome).toContain('{"bytes":1000000}');
  });

  it('a refused upload that goes on sending is cut off soon after the answer', async () => {
    const { port } = await serve([upload]);
    const answer = await exchange(
      port,
      'PUT /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 5000000000\r\n\r\n',
      'x'.repeat(100_000),
    );
    expect(answer).toMatch(/^HTTP\/1.1 401/);
  });

  it('a head that trickles in is cut off by the headers timeout', async () => {
    const { port } = await serve([echo], { headersTimeoutMs: 200 });
    const answer = await exchange(port, 'GET / HTTP/1.1\r\nhost: x\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 408/);
  });

  it('a JSON body that does not come is 408', async () => {
    const { port } = await serve([echo], { bodyTimeoutMs: 100 });
    const answer = await exchange(
      port,
      'POST /things/1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{"n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 408/);
    expect(answer).toContain('body_too_slow');
  });
});

describe('metrics', () => {
  it('carry the route’s pattern and never the path', async () => {
    const metrics = createMetrics({ service: 'test' });
    const { url, server } = await serve([echo], { metrics });
    await (await post(`${url}/things/7`, { name: 'abc' })).text();
    await (await fetch(`${url}/secret-path`)).text();
    await server.close();
    const page = await metrics.registry.metrics();
    expect(page).toMatch(/request_duration_seconds_count\{.*http_route="\/things\/\{id\}",http_response_status_code="200".*\} 1/);
    expect(page).toContain('http_route="unmatched"');
    expect(page).not.toContain('secret-path');
    expect(page).toMatch(/http_server_active_requests\{.*\} 0/);
  });
});

describe('a server that cannot work', () => {
  it.each([
    ['two routes of one operation', () => serve([echo, echo]), 'declared twice'],
    ['a route with tokens and no verifier', () => createBare([{ ...echo, auth: 'required' }]), 'verifyToken'],
    ['an idempotent route and no store', () => serve([{ ...echo, idempotent: true }]), 'idempotency store'],
    ['one path with two names', () => serve([echo, { ...echo, method: 'GET', path: '/things/{other}' }]), 'differently'],
  ])('%s is refused when it is made', async (_case, make, message) => {
    await expect((async () => make())()).rejects.toThrow(message);
  });

  function createBare(routes: Route[]) {
    return createHttpServer({
      routes,
      logger: createLogger({ name: 'test', level: 'fatal' }),
      metrics: createMetrics({ service: 'test' }),
      title: 'Bare',
    });
  }
});
