import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Terminal } from './terminal.ts';

export const TOKEN = 'operations-token';

export interface FakeAnswer {
  readonly status?: number;
  readonly body?: unknown;
}

export interface AskedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly operator: string | undefined;
  readonly body: unknown;
}

/** A service as the operations API describes it; routes by `METHOD /path`, everything else is 404. */
export interface FakeService {
  readonly url: string;
  readonly asked: AskedRequest[];
  readonly routes: Record<string, FakeAnswer | ((request: AskedRequest) => FakeAnswer)>;
  close(): Promise<void>;
}

export async function startFakeService(options: {
  service: string;
  groups?: readonly string[];
  hasOutbox?: boolean;
  routes?: FakeService['routes'];
}): Promise<FakeService> {
  const { service, groups = [], hasOutbox = true, routes = {} } = options;
  const asked: AskedRequest[] = [];
  const all: FakeService['routes'] = { 'GET /operations': { body: { service, groups, hasOutbox } }, ...routes };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const answer = answerTo(all, request.headers.authorization, {
      method: request.method ?? '',
      path: request.url ?? '',
      operator: request.headers['x-operator'] as string | undefined,
      body: body === '' ? undefined : JSON.parse(body),
    });
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });
  const answerTo = (routesNow: FakeService['routes'], authorization: string | undefined, request: AskedRequest): FakeAnswer => {
    if (authorization !== `Bearer ${TOKEN}`) return { status: 401, body: { detail: 'no' } };
    asked.push(request);
    const route = routesNow[`${request.method} ${request.path}`] ?? routesNow[`${request.method} ${request.path.split('?')[0]}`];
    if (route === undefined) return { status: 404, body: { title: 'Not found', detail: `There is no ${request.path}.` } };
    return typeof route === 'function' ? route(request) : route;
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    routes: all,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a person would see, and how they answer. */
export interface FakeTerminal extends Terminal {
  readonly written: { out: string; err: string };
  readonly questions: string[];
}

export function createFakeTerminal(
  options: Partial<Pick<Terminal, 'isInteractive' | 'env' | 'edit' | 'readText'>> & { answer?: string } = {},
): FakeTerminal {
  const written = { out: '', err: '' };
  const questions: string[] = [];
  return {
    isInteractive: false,
    env: { THROUGHLINE_TOKEN: TOKEN, USER: 'mia' },
    nowMs: () => Date.parse('2026-01-06T10:30:00Z'),
    edit: async () => {
      throw new Error('no editor was expected');
    },
    readText: async () => {
      throw new Error('no file was expected');
    },
    pause: async () => undefined,
    ...options,
    written,
    questions,
    out: (said) => {
      written.out += said;
    },
    err: (said) => {
      written.err += said;
    },
    ask: async (question) => {
      questions.push(question);
      return options.answer ?? '';
    },
  };
}
