import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger, Metrics } from '@throughline/telemetry';
import { METRICS } from '@throughline/telemetry';
import { authenticate, unauthenticated } from '../auth/authenticate.ts';
import type { Principal, VerifyToken } from '../auth/principal.ts';
import { canonicalJson } from '../idempotency/canonical-json.ts';
import { type ExecuteOnceOptions, executeOnce } from '../idempotency/execute-once.ts';
import type { IdempotencyStore } from '../idempotency/idempotency.ts';
import { idempotencyKeyOf } from '../idempotency/idempotency-key.ts';
import { pathOf, problemAnswer, traceIdOrRandom } from '../problems/send-problem.ts';
import { isContinueAwaited } from './expect-continue.ts';
import { parseQuery } from './parse-query.ts';
import { createJsonBodyReader, type ReadJsonBody } from './read-json-body.ts';
import type { Answer, IdempotentRequest, Route, RouteContext } from './route.ts';
import type { RequestParts, ValidateRequest } from './validate-request.ts';

/** What every route of a server works with. */
export interface RouteEnvironment {
  readonly verifyToken: VerifyToken | undefined;
  readonly idempotency: IdempotencyStore | undefined;
  readonly validatorFor: (route: Route) => ValidateRequest;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly bodyTimeoutMs: number;
}

/** A request as the router hands it over. */
export interface RoutedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: Record<string, unknown>;
  readonly clientAddress: string;
  /** Aborts when the client is gone or the drain is over. */
  readonly signal: () => AbortSignal;
}

export type RunRoute = (routed: RoutedRequest) => Promise<Answer | 'streamed'>;

/**
 * A route as one function: authenticate, read, validate, execute (once a key). @throws {Problem} for every refusal.
 * The order is deliberate: nobody learns from validation what he may not call, and no body is read for nothing.
 */
export function compileRoute(route: Route, environment: RouteEnvironment): RunRoute {
  const validate = environment.validatorFor(route);
  const readBody: ReadJsonBody | undefined =
    route.bodySchema && createJsonBodyReader({ limitBytes: route.bodyLimitBytes, timeoutMs: environment.bodyTimeoutMs });
  const headerNames = Object.keys((route.headersSchema as { properties?: object } | undefined)?.properties ?? {});
  const execute = route.idempotent ? onceExecutor(route, environment) : plainExecutor(route);
  return async (routed) => {
    const { request, response } = routed;
    const principal = await authenticate(route, request, environment.verifyToken);
    const parts: RequestParts = {
      path: routed.path,
      query: parseQuery(request.url ?? ''),
      headers: pick(request, headerNames),
      body: undefined,
    };
    if (route.rawBody === undefined) allowBody(request, response);
    if (readBody !== undefined) parts.body = (await readBody(request, response)) ?? null;
    validate(parts);
    await route.admit?.({ clientAddress: routed.clientAddress, principal });
    return execute(routed, parts, principal);
  };
}

type Execute = (routed: RoutedRequest, parts: RequestParts, principal: Principal | undefined) => Promise<Answer | 'streamed'>;

function plainExecutor(route: Route): Execute {
  return (routed, parts, principal) => route.handler(contextOf(routed, parts, principal, undefined));
}

function onceExecutor(route: Route, environment: RouteEnvironment): Execute {
  const store = environment.idempotency;
  if (store === undefined) throw new Error(`Route ${route.operationId} is idempotent, and the server has no idempotency store.`);
  const outcomes = environment.metrics.counter(METRICS.httpIdempotentRequestsTotal);
  return async (routed, parts, principal) => {
    const key = idempotencyKeyOf(routed.request);
    if (key === undefined) return route.handler(contextOf(routed, parts, principal, undefined));
    const options: ExecuteOnceOptions = {
      store,
      scope: { caller: principal?.userId ?? `address:${routed.clientAddress}`, operation: route.operationId, key },
      target: routed.request.url ?? '',
      content: route.rawBody === undefined ? canonicalJson(parts.body) : undefined,
      hasSecretContent: route.hasSecretBody === true,
      answerOf: (problem) => problemAnswer(problem, { instance: pathOf(routed.request), traceId: traceIdOrRandom() }),
      onStoreFailure: (error) =>
        environment.logger.error(
          { err: error, operation: route.operationId },
          `The answer of ${route.operationId} could not be kept under its Idempotency-Key`,
        ),
      observe: (outcome) => outcomes.inc({ http_route: route.path, outcome }),
    };
    return executeOnce(options, (idempotency) => route.handler(contextOf(routed, parts, principal, idempotency)));
  };
}

function contextOf(
  routed: RoutedRequest,
  parts: RequestParts,
  principal: Principal | undefined,
  idempotency: IdempotentRequest | undefined,
): RouteContext<never, never, never, never> {
  return {
    path: parts.path as never,
    query: parts.query as never,
    headers: parts.headers as never,
    body: parts.body as never,
    principal,
    requirePrincipal: () => {
      if (principal === undefined) throw unauthenticated();
      return principal;
    },
    clientAddress: routed.clientAddress,
    idempotency,
    acceptBody: () => allowBody(routed.request, routed.response),
    request: routed.request,
    response: routed.response,
    get signal() {
      return routed.signal();
    },
  };
}

function pick(request: IncomingMessage, names: readonly string[]): Record<string, unknown> {
  const headers: Record<string, unknown> = {};
  for (const name of names) if (request.headers[name] !== undefined) headers[name] = request.headers[name];
  return headers;
}

/** A client that sent `Expect: 100-continue` gets its go-ahead only now, so that refused uploads are never sent. */
function allowBody(request: IncomingMessage, response: ServerResponse): void {
  if (isContinueAwaited(request)) response.writeContinue();
}
