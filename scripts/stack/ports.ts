import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { StackError } from './stack-error.ts';

/** Everything the local stack opens is bound to this address. */
export const LOOPBACK = '127.0.0.1';

/** Whether nobody has a TCP port of an address, such as one this machine does not have; the default is the loopback address. */
export async function isPortFree(port: number, host: string = LOOPBACK): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch (error) {
    return ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '');
  } finally {
    server.close();
  }
}

/** A port the system says is free. */
async function anyFreePort(): Promise<number> {
  const server = createServer();
  server.listen({ port: 0, host: LOOPBACK });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new StackError('PORT_TAKEN', 'no free port found');
  return address.port;
}

/**
 * Hands out each port once: the first free one of the wished ports (0 is none), else any. One finder serves a whole run,
 * because a port that was handed out stays free until its process has bound it.
 */
export function createPortFinder(): (wished: readonly number[]) => Promise<number> {
  const handedOut = new Set<number>();
  return async (wished) => {
    for (const port of wished) {
      if (port === 0 || handedOut.has(port)) continue;
      handedOut.add(port);
      if (await isPortFree(port)) return port;
    }
    let port = await anyFreePort();
    while (handedOut.has(port)) port = await anyFreePort();
    handedOut.add(port);
    return port;
  };
}

/** Sends bytes to a TCP server and resolves with the first bytes of its answer. Rejects after `timeoutMs`. */
export function askTcp(options: { host: string; port: number; request: Buffer; timeoutMs: number }): Promise<Buffer> {
  const { host, port, request, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(timeoutMs, () => end(() => reject(new Error(`no answer from ${host}:${port}`))));
    socket.once('error', (error) => end(() => reject(error)));
    socket.once('close', () => reject(new Error(`${host}:${port} closed the connection`)));
    socket.once('connect', () => socket.write(request));
    socket.once('data', (answer: Buffer) => end(() => resolve(answer)));
  });
}
