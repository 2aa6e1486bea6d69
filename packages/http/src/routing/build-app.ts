import type { IncomingMessage, ServerResponse } from 'node:http';
import { currentTraceId, type Logger } from '@throughline/telemetry';
import express from 'express';
import { Problem } from '../problems/problem.ts';
import { problemOfError } from '../problems/problem-of-error.ts';
import { sendProblem, traceIdOrRandom } from '../problems/send-problem.ts';
import { requireSoundMessage } from '../server/refuse-bad-message.ts';
import { createRequestWatch, type WatchRequest } from './request-watch.ts';
import type { Answer, Route } from './route.ts';
import { groupRoutes, type RouteGroup } from './router.ts';
import { compileRoute, type RouteEnvironment, type RunRoute } from './run-route.ts';

export interface AppOptions extends RouteEnvironment {
  readonly routes: readonly Route[];
  /** Served as it is at `openApiPath`. */
  readonly openApi: string;
  /** (Default: /openapi.json) */
  readonly openApiPath?: string;
  /** Proxies whose `x-forwarded-for` is believed, as express' `trust proxy` takes it. */
  readonly trustedProxies: string;
  /** Aborts when the drain is over. */
  readonly drained: AbortSignal;
  /** Requests under way at once, above which routes refuse. (Default: no limit) */
  readonly maxActiveRequests?: number;
}

const NOT_MATCHED = 'unmatched';

/** The express application: routing, answers and problems; everything else is in `compileRoute`. */
export function buildApp(options: AppOptions): express.Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').disable('query parser');
  app.enable('strict routing').enable('case sensitive routing');
  app.set('trust proxy', options.trustedProxies);
  const watch = createRequestWatch(options.metrics, options.logger);
  app.use((request, response, next) => {
    try {
      requireSoundMessage(request);
    } catch (error) {
      watch(request, response, NOT_MATCHED);
      refuse({ request, response, error, logger: options.logger, operation: NOT_MATCHED });
      return;
    }
    next();
  });
  const openApiPath = options.openApiPath ?? '/openapi.json';
  app.get(openApiPath, (request, response) => {
    watch(request, response, openApiPath);
    response.setHeader('content-type', 'application/json');
    response.end(options.openApi);
  });
  for (const group of groupRoutes(options.routes)) app.all(group.pattern, groupHandler(group, options, watch));
  app.use((request, response) => {
    watch(request, response, NOT_MATCHED);
    sendProblem(
      request,
      response,
      new Problem({ kind: 'not-found', code: 'route_not_found', detail: 'There is nothing at this path.' }),
      traceIdOrRandom(),
    );
  });
  // Express calls it for paths that it cannot decode; anything else here is a fault of ours.
  app.use((error: unknown, request: express.Request, response: express.Response, _next: express.NextFunction) => {
    watch(request, response, NOT_MATCHED);
    const isPathFault = (error as { status?: number }).status === 400;
    refuse({ request, response, error: isPathFault ? pathMalformed() : error, logger: options.logger, operation: NOT_MATCHED });
  });
  return app;
}

function groupHandler(group: RouteGroup, options: AppOptions, watch: WatchRequest): express.RequestHandler {
  const runners = new Map<string, { route: Route; run: RunRoute }>();
  for (const [method, route] of group.byMethod) runners.set(method, { route, run: compileRoute(route, options) });
  const pattern = [...group.byMethod.values()][0]?.path ?? NOT_MATCHED;
  const { maxActiveRequests = Number.POSITIVE_INFINITY } = options;
  return (request, response) => {
    if (watch(request, response, pattern) > maxActiveRequests) {
      sendProblem(request, response, overloaded(), traceIdOrRandom());
      return;
    }
    const runner = runners.get(request.method);
    if (runner === undefined) {
      refuseMethod(request, response, group.allow);
      return;
    }
    return answerRequest(runner, options, request, response);
  };
}

async function answerRequest(
  { route, run }: { route: Route; run: RunRoute },
  options: AppOptions,
  request: express.Request,
  response: express.Response,
): Promise<void> {
  try {
    const answer = await run({
      request,
      response,
      path: joinRests(request.params),
      clientAddress: request.ip ?? '',
      signal: signalOf(response, options.drained),
    });
    if (answer !== 'streamed') sendAnswer(response, answer);
  } catch (error) {
    refuse({ request, response, error, logger: options.logger, operation: route.operationId });
  }
}

function refuse(options: {
  readonly request: express.Request;
  readonly response: ServerResponse;
  readonly error: unknown;
  readonly logger: Logger;
  readonly operation: string;
}): void {
  const { request, response, error, operation } = options;
  const { problem, isExpected } = problemOfError(error);
  const traceId = traceIdOrRandom();
  if (!isExpected && !response.destroyed) {
    options.logger.error({ err: error, traceId, operation }, `${operation} failed unexpectedly (${problem.code})`);
  }
  sendProblem(request, response, problem, traceId);
}

function sendAnswer(response: ServerResponse, answer: Answer): void {
  if (response.headersSent) throw new Error('A route answered twice: it wrote to the response and returned an answer.');
  response.statusCode = answer.status;
  response.setHeader('x-content-type-options', 'nosniff');
  const traceId = currentTraceId();
  if (traceId !== undefined) response.setHeader('x-trace-id', traceId);
  for (const name in answer.headers) response.setHeader(name, answer.headers[name] as string);
  if (answer.body === undefined) {
    if (answer.status !== 204 && answer.status !== 304 && !response.hasHeader('content-length'))
      response.setHeader('content-length', 0);
    response.end();
    return;
  }
  // As text, not bytes: Node then sends head and body with one call.
  const body = JSON.stringify(answer.body);
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}

function overloaded(): Problem {
  return new Problem({
    kind: 'unavailable',
    code: 'overloaded',
    detail: 'Too many requests are under way. Nothing of this one was done.',
    headers: { 'retry-after': '1' },
  });
}

function pathMalformed(): Problem {
  return new Problem({
    kind: 'malformed',
    code: 'path_malformed',
    detail: 'The path holds a percent-encoding that is not UTF-8.',
  });
}

function refuseMethod(request: IncomingMessage, response: ServerResponse, allow: string): void {
  if (request.method === 'OPTIONS') {
    response.writeHead(204, { allow }).end();
    return;
  }
  const detail = `This path takes ${allow}.`;
  sendProblem(
    request,
    response,
    new Problem({ kind: 'method-not-allowed', code: 'method_not_allowed', detail, headers: { allow } }),
    traceIdOrRandom(),
  );
}

/** A rest parameter comes as its segments, each decoded on its own, so that an encoded `%2F` and a dot segment stay what they were. */
function joinRests(parameters: Record<string, string | string[]>): Record<string, unknown> {
  const path: Record<string, unknown> = {};
  for (const name in parameters) {
    const value = parameters[name];
    path[name] = Array.isArray(value) ? value.join('/') : value;
  }
  return path;
}

/** Made only for handlers that ask for it. */
function signalOf(response: ServerResponse, drained: AbortSignal): () => AbortSignal {
  let signal: AbortSignal | undefined;
  return () => {
    if (signal !== undefined) return signal;
    const gone = new AbortController();
    const abort = () => {
      if (!response.writableFinished) gone.abort(new Error('The client closed the connection before the answer was complete.'));
    };
    if (response.closed) abort();
    else response.once('close', abort);
    signal = AbortSignal.any([gone.signal, drained]);
    return signal;
  };
}
