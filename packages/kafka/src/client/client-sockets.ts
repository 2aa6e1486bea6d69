import { connect, isIP, type Socket } from 'node:net';
import { connect as connectWithTls } from 'node:tls';
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
 * @param open makes a socket (default: TCP, with TLS where kafkajs hands over its settings)
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

function openSocket({ host, port, ssl, onConnect }: Parameters<ISocketFactory>[0]): Socket {
  const address = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  if (!ssl) return connect(address, onConnect);
  // A name is what the certificate is held against; an address is no name (RFC 6066, 3).
  return connectWithTls({ ...address, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect);
}

function clientClosed(): Error {
  return new Error('the client was closed');
}
