import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** How long a refused body is still read, so that the client gets to read why before its connection closes. */
const LINGER_MS = 1000;

export interface EarlyAnswer {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly outgoing: ClientRequest;
  readonly incoming: IncomingMessage;
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
}

/**
 * Relays an answer that came before the request's body was over: too large, not allowed. The rest of the body is thrown away for a moment, then the connection
 * closes; closing it at once would reset it, and the answer be lost with it.
 */
export async function answerEarly({ request, response, outgoing, incoming, status, headers }: EarlyAnswer): Promise<void> {
  response.writeHead(status, { ...headers, connection: 'close' });
  try {
    await pipeline(incoming, response, { end: false });
    request.unpipe(outgoing);
    await discardBody(request);
    response.end();
  } catch {
    response.destroy();
  } finally {
    outgoing.destroy();
  }
}

/** Resolves when the body is over, the client is gone, or it has lasted too long. */
function discardBody(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed || isWaiting(request)) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(finish, LINGER_MS);
    request.once('end', finish).once('close', finish).resume();
  });
}

/** The client asked for a go-ahead and never got one, so there is no body to throw away. */
function isWaiting(request: IncomingMessage): boolean {
  return request.headers.expect !== undefined && request.readableFlowing === null;
}
