import { type Agent, type ClientRequest, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { isContinueAwaited } from '@throughline/http';
import { answerEarly } from './answer-early.ts';
import { hasBody, toClientHeaders, toServiceHeaders } from './forwarded-headers.ts';

/** A service behind the edge. */
export interface Upstream {
  readonly name: string;
  /** Scheme, host and port; paths come from requests. */
  readonly url: URL;
}

export interface ForwardOptions {
  readonly agent: Agent;
  /** A connection must stand by then, milliseconds. */
  readonly connectTimeoutMs: number;
  /** Nothing moved between edge and service for so long: the request is given up, milliseconds. */
  readonly idleTimeoutMs: number;
}

/** One request on its way. */
export interface ForwardedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upstream: Upstream;
  /** Path and query exactly as they came. */
  readonly target: string;
}

/**
 * Streams a request to its service and the answer back, holding no more than the streams' buffers; whichever side breaks off, the other is broken off too.
 * Resolves when the answer has begun or nobody waits for it. Rejects only while nothing has been answered; the caller then answers.
 */
export async function forwardRequest(forwarded: ForwardedRequest, options: ForwardOptions): Promise<void> {
  try {
    await attempt(forwarded, options);
  } catch (error) {
    if (!(error instanceof StaleConnection) || !isRepeatable(forwarded.request)) throw error;
    await attempt(forwarded, options);
  }
}

/** The service closed a kept connection at the moment in which it was used again. */
class StaleConnection extends Error {
  constructor(cause: unknown) {
    super('a kept connection was closed by the service', { cause });
    this.name = 'StaleConnection';
  }
}

/** Nothing was lost and asking twice is asking once (RFC 9110, 9.2.2). */
function isRepeatable(request: IncomingMessage): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && !hasBody(request.headers);
}

function attempt(forwarded: ForwardedRequest, options: ForwardOptions): Promise<void> {
  const { request, response } = forwarded;
  return new Promise((resolve, reject) => {
    const outgoing = open(forwarded, options);
    const breakOff = (): void => {
      if (!response.writableFinished) outgoing.destroy();
      resolve();
    };
    response.once('close', breakOff);
    outgoing.once('response', (incoming) => {
      relayAnswer(forwarded, outgoing, incoming);
      resolve();
    });
    // Stays on: a connection may fail several times over while it is taken down.
    outgoing.on('error', (error) => {
      request.unpipe(outgoing);
      response.off('close', breakOff);
      if (response.headersSent || response.destroyed) resolve();
      else reject(outgoing.reusedSocket ? new StaleConnection(error) : error);
    });
    sendBody(request, response, outgoing);
  });
}

function open({ request, upstream, target }: ForwardedRequest, options: ForwardOptions): ClientRequest {
  const outgoing = openRequest({
    agent: options.agent,
    host: upstream.url.hostname.replace(/^\[|\]$/g, ''),
    port: upstream.url.port || 80,
    method: request.method,
    path: target,
    headers: toServiceHeaders(request.headersDistinct, {
      clientAddress: request.socket.remoteAddress ?? '',
      protocol: 'encrypted' in request.socket ? 'https' : 'http',
    }),
    timeout: options.idleTimeoutMs,
  });
  outgoing.once('timeout', () => outgoing.destroy(new Error(`nothing moved for ${options.idleTimeoutMs} ms`)));
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no connection within ${options.connectTimeoutMs} ms`)),
      options.connectTimeoutMs,
    );
    const settle = (): void => clearTimeout(timer);
    socket.once('connect', settle).once('close', settle);
  });
  return outgoing;
}

/** A client that waits for `100 Continue` gets it when the service says so: a refused upload is never sent. */
function sendBody(request: IncomingMessage, response: ServerResponse, outgoing: ClientRequest): void {
  if (!hasBody(request.headers)) {
    outgoing.end();
    return;
  }
  if (!isContinueAwaited(request)) {
    request.pipe(outgoing);
    return;
  }
  outgoing.once('continue', () => {
    response.writeContinue();
    request.pipe(outgoing);
  });
}

function relayAnswer({ request, response }: ForwardedRequest, outgoing: ClientRequest, incoming: IncomingMessage): void {
  const status = incoming.statusCode ?? 502;
  const headers = toClientHeaders(incoming.headersDistinct);
  if (!request.complete && hasBody(request.headers)) {
    void answerEarly({ request, response, outgoing, incoming, status, headers });
    return;
  }
  response.writeHead(status, headers);
  // Ends the answer where the service's ends, and destroys it where that breaks off: the client sees a cut answer, never a complete-looking part or silence.
  pipeline(incoming, response, () => undefined);
}
