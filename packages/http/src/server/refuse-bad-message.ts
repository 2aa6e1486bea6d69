import type { IncomingMessage, Server } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_STATUS, Problem } from '../problems/problem.ts';
import { problemAnswer, sendProblem, traceIdOrRandom } from '../problems/send-problem.ts';

/**
 * Refuses what Node's parser lets through and servers on the way could understand differently.
 * @throws {Problem} 400 `host_invalid` unless there is one Host (HTTP/1.0: at most one), 501 `transfer_coding_unsupported` for codings other than chunked.
 */
export function requireSoundMessage(request: IncomingMessage): void {
  const hosts = request.headersDistinct.host?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && request.httpVersion !== '1.0')) {
    throw new Problem({
      kind: 'malformed',
      code: 'host_invalid',
      detail: 'A request has exactly one Host header.',
      headers: CLOSE,
    });
  }
  const coding = request.headers['transfer-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    const detail = 'The only transfer coding that is understood here is chunked.';
    throw new Problem({ kind: 'not-implemented', code: 'transfer_coding_unsupported', detail, headers: CLOSE });
  }
}

/** Lets a server answer what is no HTTP, and expectations that it does not know, with problem documents. Make the server with `requireHostHeader: false`. */
export function answerBadMessages(server: Server): void {
  server.on('checkExpectation', (request, response) => {
    const detail = 'The only expectation that is understood here is 100-continue.';
    const problem = new Problem({ kind: 'expectation-failed', code: 'expectation_unknown', detail, headers: CLOSE });
    sendProblem(request, response, problem, traceIdOrRandom());
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (socket.writable && error.code !== 'ECONNRESET' && !hasAnswerBegun(socket))
      socket.write(documentOf(problemOf(error.code)));
    socket.destroy(error);
  });
}

const CLOSE = { connection: 'close' };

/** Of a connection whose present answer has begun nothing more can be said; Node keeps that answer on the socket. */
function hasAnswerBegun(socket: Socket): boolean {
  return (socket as { _httpMessage?: { headersSent?: boolean } | null })._httpMessage?.headersSent === true;
}

function problemOf(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem({
        kind: 'headers-too-large',
        code: 'headers_too_large',
        detail: 'Request line and headers may have at most 16 KiB together.',
      });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem({ kind: 'timeout', code: 'request_too_slow', detail: 'The request did not arrive in time.' });
    default:
      return new Problem({ kind: 'malformed', code: 'message_malformed', detail: 'This is not an HTTP/1.1 request.' });
  }
}

function documentOf(problem: Problem): string {
  const { status, headers, body } = problemAnswer(problem, { instance: '', traceId: traceIdOrRandom() });
  const text = JSON.stringify(body);
  const fields = { ...headers, ...CLOSE, 'content-length': String(Buffer.byteLength(text)) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[PROBLEM_STATUS[problem.kind]] ?? ''}\r\n${lines.join('')}\r\n${text}`;
}
