import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createDrain, type DrainOptions } from './drain-server.ts';

/** Longer than any test waits: what ends sooner was not waited for. */
const LONG_MS = 60_000;

let server: Server;
let drainServer: (options: DrainOptions) => Promise<void>;
let sockets: Socket[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  sockets = [];
  answer = (response) => response.end('here');
  server = createServer((_request, response) => answer(response));
  drainServer = createDrain(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
});

const drain = (options: { deadlineMs: number; lastAnswersMs: number; abort?: () => void }) =>
  drainServer({ close: () => new Promise((resolve) => server.close(() => resolve())), ...options });

/** A connection with one request on it. */
function openConnection(): Socket {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  ask(socket);
  return socket;
}

/** A connection that was used once and is kept. */
async function keptConnection(): Promise<Socket> {
  const socket = openConnection();
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  expect(bytes.toString()).toContain('keep-alive');
  return socket;
}

function ask(socket: Socket): void {
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
}

it('answers what comes on a kept connection, and says that it was the last', async () => {
  const socket = await keptConnection();
  const drained = drain({ deadlineMs: LONG_MS, lastAnswersMs: 300 });
  ask(socket);
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 [\s\S]*Connection: close[\s\S]*here/i);
  await drained;
  expect(server.listening).toBe(false);
});

it('says that it was the last also to whom it was answering when the stop began', async () => {
  const begun = Promise.withResolvers<ServerResponse>();
  answer = begun.resolve;
  const socket = openConnection();
  const response = await begun.promise;
  const drained = drain({ deadlineMs: LONG_MS, lastAnswersMs: 0 });
  response.end('late');
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 [\s\S]*Connection: close[\s\S]*late/i);
  await drained;
});

it('closes kept connections on which nothing comes', async () => {
  const socket = await keptConnection();
  const ended = once(socket, 'close');
  socket.resume();
  await drain({ deadlineMs: LONG_MS, lastAnswersMs: 0 });
  await ended;
});

it('lets a request under way end, and cuts off at the deadline what does not', async () => {
  const begun = Promise.withResolvers<void>();
  answer = () => begun.resolve();
  const socket = openConnection();
  await begun.promise;
  let hasAborted = false;
  await drain({
    deadlineMs: 100,
    lastAnswersMs: 0,
    abort: () => {
      hasAborted = true;
    },
  });
  expect(hasAborted).toBe(true);
  expect(await text(socket)).toBe('');
});
