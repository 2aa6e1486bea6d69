import { once } from 'node:events';
import { type ClientRequest, createServer, request as openRequest, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createEdgeServer, type EdgeServer } from './edge-server.ts';
import { AUTH, EDGE_SYSTEMS, type EdgeService, routesTo } from './edge-systems.ts';
import { openApiPages } from './open-api-pages.ts';
import { createUpstreamReadiness } from './upstream-readiness.ts';

/** An edge before one service that stands for all, and raw ways to talk to it. */
export interface EdgeFixture {
  /** What the service does with the next requests. (Default: it tells what it was asked) */
  behave: RequestListener;
  /** Method and target of every request that reached the service since `reset`. */
  readonly asked: string[];
  readonly servicePort: number;
  readonly edgePort: number;
  reset(): void;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  open(method: string, path: string, headers?: Record<string, string>): ClientRequest;
  /** A connection on which nothing is checked or rewritten on the way. */
  rawOpen(head: string): Promise<Socket>;
  rawGet(target: string): Promise<string>;
  close(): Promise<void>;
}

export async function startEdge(): Promise<EdgeFixture> {
  const service = createServer((request, response) => {
    fixture.asked.push(`${request.method} ${request.url}`);
    fixture.behave(request, response);
  });
  service.on('checkContinue', (request, response) => service.emit('request', request, response));
  const servicePort = await listenAnywhere(service);
  const edge = makeEdge(servicePort);
  const { port: edgePort } = await edge.listen({ host: '127.0.0.1', port: 0 });
  const rawOpen = async (head: string): Promise<Socket> => {
    const socket = connect(edgePort, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(head);
    return socket;
  };
  const fixture: EdgeFixture = {
    behave: tellWhatWasAsked,
    asked: [],
    servicePort,
    edgePort,
    reset: () => {
      fixture.behave = tellWhatWasAsked;
      fixture.asked.length = 0;
    },
    fetch: (path, init) => fetch(`http://127.0.0.1:${edgePort}${path}`, init),
    open: (method, path, headers = {}) => openRequest({ host: '127.0.0.1', port: edgePort, method, path, headers, agent: false }),
    rawOpen,
    rawGet: async (target) => text(await rawOpen(`GET ${target} HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n`)),
    async close() {
      await edge.close();
      service.closeAllConnections();
      service.close();
    },
  };
  return fixture;
}

/** An edge whose services are all at that port. */
export function makeEdge(servicePort: number, options: { idleTimeoutMs?: number; headersTimeoutMs?: number } = {}): EdgeServer {
  const url = new URL(`http://127.0.0.1:${servicePort}`);
  const at = (service: EdgeService) => ({ ...service, url, opsUrl: url });
  const auth = at(AUTH);
  const systems = EDGE_SYSTEMS.map((system) => ({ ...system, services: system.services.map(at) }));
  const upstreams = [auth, ...systems.flatMap(({ services }) => services)];
  return createEdgeServer({
    routes: routesTo(upstreams),
    upstreams,
    readiness: createUpstreamReadiness({ services: [{ name: 'storage-auth', readyUrl: new URL('/readyz', url) }] }),
    openApi: openApiPages({ auth, systems }),
    logger: createLogger({ name: 'edge', level: 'fatal' }),
    metrics: createMetrics({ service: 'edge' }),
    drainDeadlineMs: 2_000,
    lastAnswersMs: 0,
    ...options,
  });
}

/** A port at which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenAnywhere(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const tellWhatWasAsked: RequestListener = (request, response) => {
  response.end(JSON.stringify({ url: request.url, headers: request.headers }));
};

async function listenAnywhere(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}
