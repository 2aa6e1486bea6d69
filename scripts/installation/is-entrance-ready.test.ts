import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isEntranceReady } from './is-entrance-ready.ts';

let server: Server;

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

/** Answers each path with its status, others with 404. */
async function entrance(statuses: Readonly<Record<string, number>>): Promise<string> {
  server = createServer((request, response) => response.writeHead(statuses[request.url ?? ''] ?? 404).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const KEYS = '/storage/auth/.well-known/jwks.json';

describe('isEntranceReady', () => {
  it.each([
    ['an edge whose services are ready', { '/healthz': 200 }, true],
    ['an edge of which one is not', { '/healthz': 503, [KEYS]: 200 }, false],
    ['an Ingress that leads to the keys', { [KEYS]: 200 }, true],
    ['something else', {}, false],
  ])('tells of %s', async (_, statuses, expected) => {
    expect(await isEntranceReady(await entrance(statuses))).toBe(expected);
  });
});
