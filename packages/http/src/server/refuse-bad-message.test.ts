import { connect } from 'node:net';
import { createLogger, createMetrics } from '@throughline/telemetry';
import Type from 'typebox';
import { Problem } from '../problems/problem.ts';
import { defineRoute } from '../routing/route.ts';
import { createHttpServer, type HttpServer } from './http-server.ts';

const upload = defineRoute({
  method: 'PUT',
  path: '/files/{name}',
  operationId: 'putFile',
  summary: 'Store',
  auth: 'none',
  pathSchema: Type.Object({ name: Type.String() }),
  rawBody: { contentType: 'application/octet-stream' },
  responses: { 204: { description: 'Stored.' } },
  handler: async ({ path, request, acceptBody }) => {
    if (path.name === 'refused') throw new Problem({ kind: 'conflict', code: 'refused', detail: 'No.' });
    acceptBody();
    for await (const _chunk of request);
    return { status: 204 };
  },
});

let server: HttpServer;
let port: number;

beforeAll(async () => {
  server = createHttpServer({
    routes: [upload],
    logger: createLogger({ name: 'test', level: 'fatal' }),
    metrics: createMetrics({ service: 'test' }),
    title: 'Test',
    lastAnswersMs: 0,
  });
  ({ port } = await server.listen({ host: '127.0.0.1', port: 0 }));
});

afterAll(() => server.close());

/** What comes back for exactly these bytes, until the connection closes. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}

const document = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
const head = (lines: readonly string[]) => [...lines, 'Connection: close', '', ''].join('\r\n');

describe('what is not sound HTTP', () => {
  it.each([
    ['garbage\r\n\r\n', 400, 'message_malformed'],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    [head(['PUT /files/a HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Transfer-Encoding: chunked']), 400, 'message_malformed'],
    [head(['GET / HTTP/1.1']), 400, 'host_invalid'],
    [head(['GET / HTTP/1.1', 'Host: a', 'Host: b']), 400, 'host_invalid'],
    [head(['PUT /files/a HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked']), 501, 'transfer_coding_unsupported'],
    [head(['PUT /files/a HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Expect: 200-ok']), 417, 'expectation_unknown'],
  ])('%j is refused with a problem document', async (message, status, code) => {
    const answer = await exchange(message);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(answer).toContain('application/problem+json');
    expect(document(answer)).toMatchObject({ status, code, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });
});

describe('Expect: 100-continue', () => {
  it('is met once the route lets the body in', async () => {
    const answer = await exchange(
      'PUT /files/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx',
    );
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 204 /);
  });

  it('is not met where the route refuses by the head', async () => {
    const answer = await exchange(
      'PUT /files/refused HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 409 /);
  });

  it('does not count in HTTP/1.0, which knows no interim answers', async () => {
    const answer = await exchange('PUT /files/a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx');
    expect(answer).toMatch(/^HTTP\/1.1 204 /);
  });
});
