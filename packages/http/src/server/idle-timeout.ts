import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/**
 * Closes a connection on which nothing moved for `timeoutMs`, except while its request has arrived whole and is being worked on: then the client has nothing
 * left to send and nothing to read, and whoever works on it has deadlines of its own.
 */
export function closeIdleConnections(server: Server, timeoutMs: number): void {
  server.setTimeout(timeoutMs);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // A listener takes the closing over from Node.
    response.on('timeout', (socket) => {
      if (!request.complete || response.headersSent) socket.destroy();
    });
  });
}
