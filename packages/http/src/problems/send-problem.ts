import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { currentTraceId } from '@throughline/telemetry';
import type { StoredAnswer } from '../idempotency/idempotency.ts';
import { PROBLEM_STATUS, type Problem } from './problem.ts';

const TYPE_ROOT = 'https://throughline.dev/problems/';

/** How long the rest of a refused request's body is read and thrown away, so that the client gets to read the answer before the connection closes. */
const LINGER_MS = 1000;

/** The present trace's id, or a random one of the same form where nothing is traced, so that an answer can always be found in the log. */
export function traceIdOrRandom(): string {
  return currentTraceId() ?? randomBytes(16).toString('hex');
}

/** The RFC 9457 document of a problem, as it is sent and as it is stored under an Idempotency-Key. */
export function problemAnswer(problem: Problem, context: { instance: string; traceId: string }): StoredAnswer {
  const status = PROBLEM_STATUS[problem.kind];
  return {
    status,
    headers: {
      ...(status === 401 && { 'www-authenticate': 'Bearer realm="throughline"' }),
      ...problem.headers,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    },
    body: {
      ...problem.members,
      type: TYPE_ROOT + problem.code.replaceAll('_', '-'),
      title: titleOf(problem.code),
      status,
      detail: problem.message,
      instance: context.instance,
      code: problem.code,
      traceId: context.traceId,
      ...(problem.errors.length > 0 && { errors: problem.errors }),
    },
  };
}

/** Answers with a problem document; where an answer has begun already, all that can be done is to break it off. */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: Problem, traceId: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const answer = problemAnswer(problem, { instance: pathOf(request), traceId });
  const body = JSON.stringify(answer.body);
  for (const name of response.getHeaderNames()) if (name.startsWith('content-') || name === 'etag') response.removeHeader(name);
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-trace-id', traceId);
  response.setHeader('content-length', Buffer.byteLength(body));
  response.statusCode = answer.status;
  if (!request.complete) boundUnreadBody(request, response);
  response.end(body);
}

/** The path as it was sent, without its query. */
export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const queryAt = url.indexOf('?');
  return queryAt === -1 ? url : url.slice(0, queryAt);
}

/** Node reads an unread body to its end, however long; a refused upload of 5 GiB must not keep the connection that long. */
function boundUnreadBody(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    const timer = setTimeout(() => {
      if (!request.complete) request.socket.destroy();
    }, LINGER_MS);
    timer.unref();
    request.once('close', () => clearTimeout(timer));
  });
}

function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
