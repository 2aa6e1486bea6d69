import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { closeIdleConnections } from './idle-timeout.ts';

const IDLE_MS = 60;

describe('a connection on which nothing moves', () => {
  let server: Server;

  async function serve(handler: RequestListener): Promise<number> {
    server = createServer(handler);
    closeIdleConnections(server, IDLE_MS);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('stays open while a whole request is being worked on', async () => {
    const port = await serve(async (request, response) => {
      await request.toArray();
      await delay(4 * IDLE_MS);
      response.end('done');
    });
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'PUT', body: 'x' });
    expect(await answer.text()).toBe('done');
  });

  it.each([
    ['the body does not come', 'PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na'],
    ['the answer stops midway', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])('is closed when %s', async (_, head) => {
    const port = await serve((request, response) => {
      request.resume();
      if (request.method === 'GET') response.write('half');
    });
    const socket = connect(port, '127.0.0.1', () => socket.write(head));
    socket.resume();
    // Closed with or without a reset: which of the two depends on what was still under way.
    socket.on('error', () => {});
    const isClosed = await Promise.race([
      new Promise((resolve) => socket.once('close', () => resolve(true))),
      delay(5_000, false, { ref: false }),
    ]);
    socket.destroy();
    expect(isClosed).toBe(true);
  });
});
