import type { Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface DrainOptions {
  /** Takes no new connections; resolves when those that were taken are gone. */
  readonly close: () => Promise<void>;
  /** So long after the call what is left is cut off, milliseconds. */
  readonly deadlineMs: number;
  /** Requests are taken for so long after the call, each as the last of its connection, milliseconds. (Default: 500) */
  readonly lastAnswersMs?: number | undefined;
  /** Called at the deadline, before connections are cut off. */
  readonly abort?: () => void;
}

/**
 * Prepares a server to be ended without cutting off who sends to it; to be called before its first request. A kept connection that is closed while a request is on its way loses that request, so
 * connections are first given up by answers that say so (`Connection: close`), and those that no request comes on are closed after that.
 * @returns what ends it
 */
export function createDrain(server: Server): (options: DrainOptions) => Promise<void> {
  const open = new Set<ServerResponse>();
  let isDraining = false;
  server.prependListener('request', (_request, response) => {
    if (isDraining) response.setHeader('connection', 'close');
    open.add(response);
    response.once('close', () => open.delete(response));
  });
  return async ({ close, deadlineMs, lastAnswersMs = 500, abort }) => {
    isDraining = true;
    for (const response of open) if (!response.headersSent) response.setHeader('connection', 'close');
    const deadline = setTimeout(() => {
      abort?.();
      server.closeAllConnections();
    }, deadlineMs);
    await delay(Math.min(lastAnswersMs, deadlineMs));
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const closed = close();
    server.closeIdleConnections();
    await closed;
    clearTimeout(deadline);
    clearInterval(idle);
  };
}
