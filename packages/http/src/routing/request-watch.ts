import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import { pathOf } from '../problems/send-problem.ts';

/** Counts and times a request from now until its answer is over. @returns how many are under way, this one included. */
export type WatchRequest = (request: IncomingMessage, response: ServerResponse, route: string) => number;

/** Watches the requests of one server; at level debug each has a line, with the id of its event where the answer names one. */
export function createRequestWatch(metrics: Metrics, logger: Logger): WatchRequest {
  const durations = metrics.histogram(METRICS.httpServerRequestDurationSeconds);
  const gauge = metrics.gauge(METRICS.httpServerActiveRequests);
  let active = 0;
  return (request, response, route) => {
    const startedAtMs = performance.now();
    const method = request.method ?? 'GET';
    active += 1;
    gauge.inc();
    response.once('close', () => {
      active -= 1;
      gauge.dec();
      const seconds = (performance.now() - startedAtMs) / 1000;
      const status = response.headersSent ? response.statusCode : 'aborted';
      durations.observe(
        { http_request_method: knownMethod(method), http_route: route, http_response_status_code: status },
        seconds,
      );
      if (!logger.isLevelEnabled('debug')) return;
      // The event in hand is not any more when an answer closes.
      const eventId = response.getHeader('x-event-id');
      const fields = { method, path: pathOf(request), status, seconds, ...(eventId !== undefined && { event_id: eventId }) };
      logger.debug(fields, `${method} ${route} answered ${status}`);
    });
    return active;
  };
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A label has few values; anybody can invent methods. */
function knownMethod(method: string): string {
  return METHODS.has(method) ? method : '_OTHER';
}
