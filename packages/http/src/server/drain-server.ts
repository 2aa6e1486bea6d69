import type { Server } from 'node:http';
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
 * Ends a server without cutting off who sends to it. A kept connection that is closed while a request is on its way loses that request, so connections are first given up by answers that say so
 * (`Connection: close`), and those that no request comes on are closed after that.
 */
export async function drainServer(server: Server, options: DrainOptions): Promise<void> {
  const { close, deadlineMs, lastAnswersMs = 500, abort } = options;
  const deadline = setTimeout(() => {
    abort?.();
    server.closeAllConnections();
  }, deadlineMs);
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
  await delay(Math.min(lastAnswersMs, deadlineMs));
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const closed = close();
  server.closeIdleConnections();
  await closed;
  clearTimeout(deadline);
  clearInterval(idle);
}
