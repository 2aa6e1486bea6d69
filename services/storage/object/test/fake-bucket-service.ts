import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeBucket {
  readonly bucketId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly createdAt: string;
  versioningEnabled: boolean;
  revision: number;
}

/** The bucket service's internal route over real HTTP, with buckets that a test makes and deletes. */
export interface FakeBucketService {
  readonly url: string;
  /** What it answers when not `up`: 503, or nothing at all. */
  mode: 'up' | 'failing' | 'silent';
  questions: number;
  create(ownerId: string, name: string, options?: { versioningEnabled?: boolean }): FakeBucket;
  delete(bucket: FakeBucket): void;
  close(): Promise<void>;
}

export const INTERNAL_TOKEN = 'internal-token-of-the-tests';

export async function startFakeBucketService(): Promise<FakeBucketService> {
  const buckets = new Set<FakeBucket>();
  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const service: FakeBucketService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: 'up',
    questions: 0,
    create(ownerId, name, options = {}) {
      const { versioningEnabled = false } = options;
      const bucket = {
        bucketId: randomUUID(),
        ownerId,
        name,
        createdAt: new Date().toISOString(),
        versioningEnabled,
        revision: 1,
      };
      buckets.add(bucket);
      return bucket;
    },
    delete: (bucket) => buckets.delete(bucket),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    service.questions += 1;
    if (service.mode === 'silent') return;
    if (service.mode === 'failing' || request.headers['x-internal-token'] !== INTERNAL_TOKEN) {
      send(response, 503, { code: 'temporarily_unavailable' });
      return;
    }
    const query = new URL(request.url ?? '', service.url).searchParams;
    const found = [...buckets].find((bucket) => bucket.ownerId === query.get('ownerId') && bucket.name === query.get('name'));
    if (found === undefined) send(response, 404, { code: 'bucket_not_found' });
    else send(response, 200, found);
  }

  return service;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
