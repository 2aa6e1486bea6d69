import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** A place where connections are taken. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Listening sockets of one port that lead to the same server. */
export interface Doors {
  readonly port: number;
  /** Takes no new connections. Resolves when those that were taken are gone. */
  close(): Promise<void>;
}

/**
 * libuv accepts one connection of a listening socket in a turn of the event loop. Behind the first clients of a busy edge, each of which makes the turns longer, the 256th waited 15 s at one socket.
 * The kernel shares new connections out among the sockets.
 */
const DOORS = 8;

/** Listens at several sockets of one port. @throws `EADDRINUSE` when anybody else listens there, also where he would share */
export async function openDoors(server: HttpServer, address: Address): Promise<Doors> {
  const { host, port } = await reserve(address);
  const others = Array.from({ length: DOORS - 1 }, () =>
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket)),
  );
  const doors: readonly Server[] = [server, ...others];
  await Promise.all(doors.map((door) => open(door, { host, port, reusePort: true })));
  return { port, close: async () => void (await Promise.all(doors.map(close))) };
}

/** Nobody may share the port but these sockets, which only one who does not share can find out. */
async function reserve(address: Address): Promise<Address> {
  const guard = createServer();
  await open(guard, address);
  const { port } = guard.address() as AddressInfo;
  await close(guard);
  return { host: address.host, port };
}

async function open(door: Server, address: Address & { readonly reusePort?: boolean }): Promise<void> {
  door.listen(address);
  await once(door, 'listening');
}

function close(door: Server): Promise<void> {
  return new Promise((resolve) => {
    door.close(() => resolve());
  });
}
