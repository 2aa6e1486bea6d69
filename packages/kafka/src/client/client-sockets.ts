import { connect, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

/** The connections of one client, so that they can be ended with it. */
export interface ClientSockets {
  readonly socketFactory: ISocketFactory;
  /** Ends what is open and refuses what comes after. */
  end(): void;
}

const KEEP_ALIVE_MS = 60_000;

/**
 * kafkajs has no lasting "closed": whatever is still under way when it disconnects (a retry, a metadata refresh, a join) connects anew and
 * leaves a connection that nobody ends. Two requests that find one connection closed both open it, and the first socket is forgotten.
 *
 * @param open makes a socket (default: plain TCP)
 */
export function createClientSockets(open: ISocketFactory = openSocket): ClientSockets {
  const sockets = new Set<Socket>();
  let isEnded = false;
  return {
    socketFactory: (target) => {
      if (isEnded) throw clientClosed();
      const socket = open(target);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
    end: () => {
      isEnded = true;
      // With an error, because kafkajs would wait for the answers of a connection that ends without.
      for (const socket of sockets) socket.destroy(clientClosed());
    },
  };
}

function openSocket({ host, port, onConnect }: Parameters<ISocketFactory>[0]): Socket {
  return connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, onConnect);
}

function clientClosed(): Error {
  return new Error('the client was closed');
}
