import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  answerBadMessages,
  createDrain,
  type OpenApiDocument,
  Problem,
  requireSoundMessage,
  sendProblem,
  traceIdOrRandom,
} from '@throughline/http';
import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import { forwardRequest, type Upstream } from './forward-request.ts';
import { upstreamUnavailable } from './merged-open-api.ts';
import { type Doors, openDoors } from './open-doors.ts';
import { type EdgeRoute, findUpstream } from './route-table.ts';
import type { Readiness } from './upstream-readiness.ts';

export interface EdgeServerOptions {
  readonly routes: readonly EdgeRoute[];
  readonly upstreams: readonly Upstream[];
  readonly readiness: () => Promise<Readiness>;
  /** Documents by their paths. */
  readonly openApi: Readonly<Record<string, () => Promise<OpenApiDocument>>>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** (Default: 3 000) */
  readonly connectTimeoutMs?: number;
  /** A request in which nothing moves for so long is given up. (Default: 120 000) */
  readonly idleTimeoutMs?: number;
  /** Time for a request's head to arrive. (Default: 15 000) */
  readonly headersTimeoutMs?: number;
  /** At close: how long requests under way may take to end. (Default: 20 000) */
  readonly drainDeadlineMs?: number;
  /** At close: for how long requests are still taken; clients use a kept connection less often than services do. (Default: 1 500) */
  readonly lastAnswersMs?: number;
}

export interface EdgeServer {
  listen(address: { host: string; port: number }): Promise<{ readonly port: number }>;
  /** Answers a moment longer, each time as the last of a connection; then takes no new ones, lets requests under way end within the drain deadline, and breaks them off after it. */
  close(): Promise<void>;
}

/** Below the services' own, so that the edge gives a kept connection up first and never uses one that is being closed. */
const KEPT_CONNECTION_MS = 30_000;

export function createEdgeServer(options: EdgeServerOptions): EdgeServer {
  const { connectTimeoutMs = 3_000, idleTimeoutMs = 120_000, headersTimeoutMs = 15_000 } = options;
  const { drainDeadlineMs = 20_000, lastAnswersMs = 1_500 } = options;
  const agent = new Agent({ keepAlive: true, timeout: KEPT_CONNECTION_MS, scheduling: 'lifo', maxFreeSockets: 256 });
  const observe = observer(options.metrics);
  const pages = ownPages(options);
  const forwarding = { agent, connectTimeoutMs, idleTimeoutMs };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { path, target } = parseTarget(request.url ?? '');
    answer(options, { request, response, path, target, pages, observe, forwarding }).catch((error: unknown) =>
      sendProblem(request, response, toProblem(error, options.logger), traceIdOrRandom()),
    );
  };
  // A whole request may take hours (a large upload on a slow line); what bounds it is that something moves.
  const timeouts = {
    requestTimeout: 0,
    headersTimeout: headersTimeoutMs,
    keepAliveTimeout: 60_000,
    // Node looks for late heads only so often, and every 30 s if not told.
    connectionsCheckingInterval: Math.min(headersTimeoutMs, 5_000),
  };
  const server = createServer({ ...timeouts, noDelay: true, requireHostHeader: false }, handle);
  const drain = createDrain(server);
  answerBadMessages(server);
  // As a request like any other, because that is the event which tracing knows.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  // Later than the service's side, so that a client whose service fell silent is told so instead of being cut off.
  server.setTimeout(2 * idleTimeoutMs);
  let doors: Doors | undefined;
  return {
    listen: async (address) => {
      doors = await openDoors(server, address);
      return { port: doors.port };
    },
    async close() {
      const open = doors;
      if (open !== undefined)
        await drain({
          close: () => open.close(),
          deadlineMs: drainDeadlineMs,
          lastAnswersMs,
        });
      agent.destroy();
    },
  };
}

interface EdgeRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly target: string;
  readonly pages: ReadonlyMap<string, () => Promise<Page>>;
  readonly observe: (request: IncomingMessage, response: ServerResponse, route: string) => void;
  readonly forwarding: Parameters<typeof forwardRequest>[1];
}

async function answer(options: EdgeServerOptions, edgeRequest: EdgeRequest): Promise<void> {
  const { request, response, path, target, pages, observe, forwarding } = edgeRequest;
  try {
    requireSoundMessage(request);
  } catch (error) {
    observe(request, response, 'none');
    throw error;
  }
  const page = pages.get(path);
  if (page !== undefined) {
    observe(request, response, path);
    if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
    return sendJson(response, await page());
  }
  const name = findUpstream(options.routes, path);
  const upstream = options.upstreams.find((candidate) => candidate.name === name);
  observe(request, response, upstream?.name ?? 'none');
  if (upstream === undefined) throw pathNotFound();
  try {
    await forwardRequest({ request, response, upstream, target }, forwarding);
  } catch (error) {
    options.logger.warn({ err: error, upstream: upstream.name }, `The ${upstream.name} service did not answer ${request.method}`);
    throw upstreamUnavailable(upstream.name);
  }
}

interface Page {
  readonly status: number;
  readonly body: unknown;
}

/** What the edge answers itself, by its path. */
function ownPages({ readiness, openApi }: EdgeServerOptions): ReadonlyMap<string, () => Promise<Page>> {
  const documents = Object.entries(openApi).map(
    ([path, describe]) => [path, async () => ({ status: 200, body: await describe() })] as const,
  );
  return new Map<string, () => Promise<Page>>([
    ...documents,
    ['/livez', async () => ({ status: 200, body: { status: 'ok' } })],
    [
      '/healthz',
      async () => {
        const { isReady, services } = await readiness();
        return { status: isReady ? 200 : 503, body: { status: isReady ? 'ok' : 'unavailable', services } };
      },
    ],
  ]);
}

function sendJson(response: ServerResponse, { status, body }: Page): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, 'cache-control': 'no-store' })
    .end(bytes);
}

/** Origin form is passed on as it is; of absolute form (RFC 9112, 3.2.2) scheme and authority are cut off, and nothing else is touched. */
function parseTarget(url: string): { path: string; target: string } {
  const target = url.replace(/^https?:\/\/[^/?#]*/i, '');
  const queryAt = target.indexOf('?');
  return { path: queryAt === -1 ? target : target.slice(0, queryAt), target };
}

function toProblem(error: unknown, logger: Logger): Problem {
  if (error instanceof Problem) return error;
  logger.error({ err: error }, 'The edge could not answer');
  return new Problem({ kind: 'internal', code: 'internal_error', detail: 'The request failed unexpectedly.' });
}

function pathNotFound(): Problem {
  return new Problem({ kind: 'not-found', code: 'path_not_found', detail: 'There is nothing at this path.' });
}

function methodNotAllowed(): Problem {
  return new Problem({
    kind: 'method-not-allowed',
    code: 'method_not_allowed',
    detail: 'This path takes GET, HEAD.',
    headers: { allow: 'GET, HEAD' },
  });
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function observer(metrics: Metrics): EdgeRequest['observe'] {
  const durations = metrics.histogram(METRICS.httpServerRequestDurationSeconds);
  const active = metrics.gauge(METRICS.httpServerActiveRequests);
  return ({ method = '' }, response, route) => {
    const startedAtMs = performance.now();
    active.inc();
    response.once('close', () => {
      active.dec();
      durations.observe(
        {
          http_request_method: METHODS.has(method) ? method : '_OTHER',
          http_route: route,
          http_response_status_code: response.headersSent ? response.statusCode : 'aborted',
        },
        (performance.now() - startedAtMs) / 1000,
      );
    });
  };
}
