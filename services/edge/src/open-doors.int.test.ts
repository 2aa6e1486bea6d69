import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createNetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { waitFor } from '@throughline/testing';
import { type Doors, openDoors } from './open-doors.ts';

const HOST = '127.0.0.1';
const CONNECTIONS = 64;

let server: Server;
let doors: Doors;
const clients: Socket[] = [];

beforeEach(async () => {
  server = createServer((_request, response) => response.end('here'));
  doors = await openDoors(server, { host: HOST, port: 0 });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  server.closeAllConnections();
  await doors.close();
});

const connectClient = () => {
  const client = connect(doors.port, HOST).on('error', () => undefined);
  clients.push(client);
  return client;
};

it('takes several connections in a turn of the event loop', async () => {
  let taken = 0;
  server.on('connection', () => {
    taken += 1;
  });
  for (let count = 0; count < CONNECTIONS; count += 1) connectClient();
  let turns = 0;
  for (; taken < CONNECTIONS && turns < 10 * CONNECTIONS; turns += 1) await nextTurn();
  // One socket takes one a turn.
  expect({ taken, isSooner: turns < CONNECTIONS / 2 }).toEqual({ taken: CONNECTIONS, isSooner: true });
});

it('answers at each of them', async () => {
  const texts = Array.from({ length: CONNECTIONS }, async () => {
    const answer = await fetch(`http://${HOST}:${doors.port}/`, { headers: { connection: 'close' } });
    return answer.text();
  });
  expect(new Set(await Promise.all(texts))).toEqual(new Set(['here']));
});

it('is closed when all its connections are', async () => {
  for (let count = 0; count < 16; count += 1) connectClient();
  await Promise.all(clients.map((client) => once(client, 'connect')));
  let isClosed = false;
  const closed = doors.close().then(() => {
    isClosed = true;
  });
  await nextTurn();
  expect(isClosed).toBe(false);
  server.closeAllConnections();
  await closed;
  await waitFor(() => clients.every(({ closed: isGone }) => isGone), { description: 'the clients to see it' });
});

it.each([
  ['alone', false],
  ['and would share', true],
])('refuses a port at which another listens %s', async (_how, reusePort) => {
  const other = createNetServer();
  await once(other.listen({ host: HOST, port: 0, reusePort }), 'listening');
  const { port } = other.address() as { port: number };
  await expect(openDoors(createServer(), { host: HOST, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  other.close();
});
