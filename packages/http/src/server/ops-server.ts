import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Logger, Metrics } from '@throughline/telemetry';
import { createSharedTokenVerifier } from '../auth/shared-token-verifier.ts';
import { openApiOf } from '../open-api.ts';
import { buildApp } from '../routing/build-app.ts';
import type { Route } from '../routing/route.ts';
import { createRequestValidators } from '../routing/validate-request.ts';
import { listen } from './listen.ts';
import { answerBadMessages } from './refuse-bad-message.ts';

/** What a probe found. `checks` by name: `ok`, or what is wrong. */
export interface Health {
  readonly isHealthy: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

export interface OpsServerOptions {
  /** May traffic be sent here? */
  readonly readiness: () => Promise<Health>;
  /** Does the process get on with its work? Not: do its stores answer; a restart would not mend them. */
  readonly liveness: () => Promise<Health>;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** What people and their tools may do to a process, beside asking how it is. */
export interface Operations {
  /** Below `/operations`, each with auth `required`. */
  readonly routes: readonly Route[];
  /** Whoever has it may call them. */
  readonly token: string;
}

export interface OpsServer {
  /**
   * Serves operations from now on, and their OpenAPI document at `/operations/openapi.json`; until the returned function is called, then 503. Before, there is nothing (404).
   * @throws {Error} the second time, and for a route that is elsewhere or open
   */
  mount(operations: Operations): () => void;
  listen(address: { host: string; port: number }): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

const PREFIX = '/operations';

/** What the platform asks a process: GET /livez, /readyz, /healthz (both) and /metrics (Prometheus), open to everybody. 503 when not healthy, with the reason by check. Operations are mounted once there are any. */
export function createOpsServer(options: OpsServerOptions): OpsServer {
  const { registry } = options.metrics;
  const pages: Readonly<Record<string, (response: ServerResponse) => Promise<void>>> = {
    '/livez': async (response) => sendHealth(response, await options.liveness()),
    '/readyz': async (response) => sendHealth(response, await options.readiness()),
    '/healthz': async (response) => sendHealth(response, both(await options.liveness(), await options.readiness())),
    '/metrics': async (response) => {
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    },
  };
  let operations: RequestListener | undefined;
  const server = createServer({ keepAliveTimeout: 75_000, requireHostHeader: false }, (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (operations !== undefined && (path === PREFIX || path.startsWith(`${PREFIX}/`))) return operations(request, response);
    const page = pages[path];
    if (page === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(page === undefined ? 404 : 405, { allow: 'GET, HEAD', 'content-length': 0 }).end();
      return;
    }
    page(response).catch((error: unknown) => fail(options.logger, request, response, error));
  });
  answerBadMessages(server);
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  return {
    mount: (mounted) => {
      if (operations !== undefined) throw new Error('The ops server has operations already.');
      operations = operationsApp(mounted, options);
      return () => {
        operations = (_, response) => response.writeHead(503, { 'content-length': 0, 'retry-after': '5' }).end();
      };
    },
    listen: (address) => listen(server, address),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function operationsApp({ routes, token }: Operations, { metrics, logger }: OpsServerOptions): RequestListener {
  const misplaced = routes.find((route) => route.auth !== 'required' || !`${route.path}/`.startsWith(`${PREFIX}/`));
  if (misplaced !== undefined) throw new Error(`Route ${misplaced.operationId} must be below ${PREFIX} and ask for the token.`);
  return buildApp({
    routes,
    openApi: JSON.stringify(openApiOf(routes, { title: 'Operations', version: '1.0.0' })),
    openApiPath: `${PREFIX}/openapi.json`,
    verifyToken: createSharedTokenVerifier(token),
    idempotency: undefined,
    validatorFor: createRequestValidators(),
    metrics,
    logger,
    bodyTimeoutMs: 15_000,
    trustedProxies: 'loopback, linklocal, uniquelocal',
    drained: new AbortController().signal,
  });
}

function sendHealth(response: ServerResponse, health: Health): void {
  const body = JSON.stringify({ status: health.isHealthy ? 'ok' : 'unavailable', checks: health.checks });
  response
    .writeHead(health.isHealthy ? 200 : 503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'content-length': Buffer.byteLength(body),
    })
    .end(body);
}

function both(left: Health, right: Health): Health {
  return { isHealthy: left.isHealthy && right.isHealthy, checks: { ...left.checks, ...right.checks } };
}

function fail(logger: Logger, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  logger.error({ err: error }, `The ops server could not answer ${request.url}`);
  if (!response.headersSent) response.writeHead(500, { 'content-length': 0 });
  response.end();
}
