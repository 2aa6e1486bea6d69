import { connect, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

export interface FaultySockets {
  readonly socketFactory: ISocketFactory;
  /** While true, what brokers answer is lost and the connection with it: requests were received, their outcome is unknown. */
  isLosingAnswers: boolean;
  /** Ends every open connection. */
  cut(): void;
}

/** Connections that a test can break. */
export function createFaultySockets(): FaultySockets {
  const open = new Set<Socket>();
  const sockets: FaultySockets = {
    isLosingAnswers: false,
    cut: () => {
      for (const socket of open) socket.destroy(reset());
    },
    socketFactory: ({ host, port, onConnect }) => {
      const socket = connect({ host, port }, onConnect);
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      const emit = socket.emit.bind(socket);
      socket.emit = (name: string | symbol, ...given: unknown[]) => {
        if (name !== 'data' || !sockets.isLosingAnswers) return emit(name as 'data', ...(given as [Buffer]));
        socket.destroy(reset());
        return true;
      };
      return socket;
    },
  };
  return sockets;
}

function reset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}
