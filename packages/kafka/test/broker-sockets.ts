import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { stackAddresses } from '@throughline/testing';

export interface BrokerSockets {
  /** Connections to a broker that this process opened since, and that are not closed. */
  count(): number;
  /** All of them, closed or not. */
  opened(): number;
  stopCounting(): void;
}

const CHANNEL = 'net.client.socket';

/** Counts every connection to the brokers that anything in this process opens, by Node's own channel. */
export function countBrokerSockets(): BrokerSockets {
  const ports = new Set(stackAddresses().kafkaBrokers.map((broker) => Number(broker.split(':').at(-1))));
  const open = new Set<Socket>();
  let opened = 0;
  const note = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    socket.once('connect', () => {
      if (!ports.has(socket.remotePort ?? -1)) return;
      opened += 1;
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    });
  };
  subscribe(CHANNEL, note);
  return { count: () => open.size, opened: () => opened, stopCounting: () => unsubscribe(CHANNEL, note) };
}
