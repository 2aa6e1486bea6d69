import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger, Metrics } from '@throughline/telemetry';
import { listen } from './listen.ts';

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

export interface OpsServer {
  listen(address: { host: string; port: number }): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

/** What the platform asks a process: GET /livez, /readyz, /healthz (both) and /metrics (Prometheus). 503 when not healthy, with the reason by check. */
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
  const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    const page = pages[(request.url ?? '').split('?')[0] ?? ''];
    if (page === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(page === undefined ? 404 : 405, { allow: 'GET, HEAD', 'content-length': 0 }).end();
      return;
    }
    page(response).catch((error: unknown) => fail(options.logger, request, response, error));
  });
  return {
    listen: (address) => listen(server, address),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
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
