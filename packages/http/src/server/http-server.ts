import { createServer, type Server } from 'node:http';
import type { Logger, Metrics } from '@throughline/telemetry';
import type { VerifyToken } from '../auth/principal.ts';
import type { IdempotencyStore } from '../idempotency/idempotency.ts';
import { type OpenApiDocument, openApiOf } from '../open-api.ts';
import { buildApp } from '../routing/build-app.ts';
import type { Route } from '../routing/route.ts';
import { createRequestValidators } from '../routing/validate-request.ts';
import { createDrain } from './drain-server.ts';
import { closeIdleConnections } from './idle-timeout.ts';
import { listen } from './listen.ts';
import { answerBadMessages } from './refuse-bad-message.ts';

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  /** Needed as soon as a route looks at tokens. */
  readonly verifyToken?: VerifyToken;
  /** Needed as soon as a route is `idempotent`. */
  readonly idempotency?: IdempotencyStore;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Title of the OpenAPI document. */
  readonly title: string;
  /** (Default: '1.0.0') */
  readonly version?: string;
  /** At close: how long requests under way may take to end, milliseconds; leave the rest of the platform's grace to what stops after it. (Default: 8 000) */
  readonly drainDeadlineMs?: number;
  /** At close: for how long requests are still taken, so that nobody's is lost with a connection that was kept. (Default: 500) */
  readonly lastAnswersMs?: number;
  /** Time for a whole request to arrive, 0 = no limit, which streams need. (Default: 0) */
  readonly requestTimeoutMs?: number;
  /** Time for a request's head to arrive. (Default: 15 000) */
  readonly headersTimeoutMs?: number;
  /** Time for a JSON body to arrive. (Default: 15 000) */
  readonly bodyTimeoutMs?: number;
  /** A connection on which nothing moves for so long is closed, except between a whole request and its answer. (Default: 60 000) */
  readonly idleTimeoutMs?: number;
  /** An unused connection is kept for so long; must be above that of the proxy in front, or requests race with its end. (Default: 75 000) */
  readonly keepAliveTimeoutMs?: number;
  /** Requests under way at once; one more is answered 503 `overloaded` before its token or body is looked at. (Default: no limit) */
  readonly maxActiveRequests?: number;
  /** Proxies whose `x-forwarded-for` is believed. (Default: loopback, link-local and private addresses) */
  readonly trustedProxies?: string;
}

export interface HttpServer {
  listen(address: { host: string; port: number }): Promise<{ readonly port: number }>;
  /** Answers a moment longer, each time as the last of a connection; then takes no new connections, lets requests under way end within the drain deadline, and aborts them after it. Twice is once. */
  close(): Promise<void>;
  openApi(): OpenApiDocument;
}

/**
 * An HTTP/1.1 server of routes: each is validated, authenticated and documented from its one declaration; every refusal is a problem document.
 * @throws {Error} when routes contradict each other, or need a verifier or store that is not given.
 *
 * @example
 * const server = createHttpServer({ routes, verifyToken, logger, metrics, title: 'Buckets' });
 * const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const guarded = options.routes.find((route) => route.auth !== 'none');
  if (guarded !== undefined && options.verifyToken === undefined) {
    throw new Error(`Route ${guarded.operationId} asks for tokens, and the server has no verifyToken.`);
  }
  const document = openApiOf(options.routes, { title: options.title, version: options.version ?? '1.0.0' });
  const drained = new AbortController();
  const app = buildApp({
    routes: options.routes,
    openApi: JSON.stringify(document),
    verifyToken: options.verifyToken,
    idempotency: options.idempotency,
    validatorFor: createRequestValidators(),
    metrics: options.metrics,
    logger: options.logger,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 15_000,
    trustedProxies: options.trustedProxies ?? 'loopback, linklocal, uniquelocal',
    drained: drained.signal,
    ...(options.maxActiveRequests !== undefined && { maxActiveRequests: options.maxActiveRequests }),
  });
  const server = createServer({ ...timeoutsOf(options), noDelay: true, requireHostHeader: false }, app);
  const drain = createDrain(server);
  answerBadMessages(server);
  closeIdleConnections(server, options.idleTimeoutMs ?? 60_000);
  // With a listener Node leaves the "100 Continue" to us: it is sent once a request is let in.
  // As a request like any other, because that is the event which tracing knows.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  let closing: Promise<void> | undefined;
  return {
    listen: (address) => listen(server, address),
    close: () => {
      closing ??= server.listening
        ? drain({
            close: () => closed(server),
            deadlineMs: options.drainDeadlineMs ?? 8_000,
            lastAnswersMs: options.lastAnswersMs,
            abort: () => drained.abort(new Error('The server is shutting down.')),
          })
        : Promise.resolve();
      return closing;
    },
    openApi: () => document,
  };
}

function timeoutsOf(options: HttpServerOptions) {
  return {
    requestTimeout: options.requestTimeoutMs ?? 0,
    headersTimeout: options.headersTimeoutMs ?? 15_000,
    keepAliveTimeout: options.keepAliveTimeoutMs ?? 75_000,
    connectionsCheckingInterval: Math.min(options.headersTimeoutMs ?? 15_000, 5_000),
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
