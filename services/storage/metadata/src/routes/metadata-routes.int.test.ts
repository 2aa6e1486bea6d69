import { createHttpServer, type HttpServer, Problem } from '@throughline/http';
import { createDatabase, type Database, migrate } from '@throughline/postgres';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import { saveObject } from '../adapters/metadata-store.ts';
import { listVersionsRoute } from './list-versions.ts';
import { searchObjectsRoute } from './search-objects.ts';

const logger = createLogger({ name: 'metadata-test', level: 'fatal' });
let test: TestDatabase;
let database: Database;
let server: HttpServer;
let baseUrl: string;

/** Here a token is the user's id itself. */
async function verifyToken(token: string) {
  if (token === 'broken') throw new Problem({ kind: 'unauthenticated', code: 'token_invalid', detail: 'no' });
  return { userId: token, roles: ['user'], scopes: ['storage:read'] };
}

beforeAll(async () => {
  test = await createTestDatabase();
  database = createDatabase({ connectionString: test.url, applicationName: 'metadata-test', logger });
  await migrate({ database, directory: new URL('../../migrations/', import.meta.url), logger });
  const routes = [searchObjectsRoute({ database }), listVersionsRoute({ database })];
  server = createHttpServer({
    routes,
    verifyToken,
    logger,
    metrics: createMetrics({ service: 'metadata-test' }),
    title: 'Metadata',
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  baseUrl = `http://127.0.0.1:${port}`;
});

afterAll(async () => {
  await server?.close();
  await database?.close();
  await test?.drop();
});

async function get(path: string, token?: string) {
  const response = await fetch(
    new URL(path, baseUrl),
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
  // biome-ignore lint/suspicious/noExplicitAny: each test knows its answer
  const body: any = await response.json();
  return { status: response.status, body };
}

async function save(ownerId: string, createdAt: string, fileName = 'image.png'): Promise<string> {
  const objectId = crypto.randomUUID();
  const times = { occurredAt: createdAt, createdAt, updatedAt: createdAt };
  const said = {
    bucketId: null,
    bucketName: 'my-photos',
    fileName,
    description: 'Sample photo',
    tags: ['images', 'travel'],
    accessLevel: 'PRIVATE' as const,
  };
  const metadata = { objectId, ownerId, size: 3, contentType: null, etag: 'aa', revision: 1, ...said, ...times };
  const { accessLevel } = said;
  const version = { versionId: crypto.randomUUID(), objectId, revision: 1, createdAt, size: 3, etag: 'aa', accessLevel };
  await saveObject(database, metadata, version);
  return objectId;
}

describe('GET /storage/search', () => {
  it('answers a page of items with every field', async () => {
    const owner = crypto.randomUUID();
    const objectId = await save(owner, '2026-01-06T10:00:00.000000Z');
    const { status, body } = await get(
      '/storage/search?bucket=my-photos&fileName=IMAGE&description=photo&tags=travel,images',
      owner,
    );
    expect(status).toBe(200);
    const said = {
      bucketName: 'my-photos',
      fileName: 'image.png',
      description: 'Sample photo',
      tags: ['images', 'travel'],
      accessLevel: 'PRIVATE',
    };
    const times = { createdAt: '2026-01-06T10:00:00.000000Z', updatedAt: '2026-01-06T10:00:00.000000Z' };
    expect(body).toEqual({ items: [{ objectId, ownerId: owner, size: 3, versions: 1, ...said, ...times }], next: null });
  });

  it('walks all pages by next', async () => {
    const owner = crypto.randomUUID();
    const saved = [];
    for (let day = 1; day <= 5; day += 1) saved.unshift(await save(owner, `2026-01-0${day}T10:00:00.000000Z`));
    const seen: string[] = [];
    let path: string | undefined = '/storage/search?limit=2';
    while (path !== undefined) {
      const { body } = await get(path, owner);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ objectId }: { objectId: string }) => objectId));
      path = body.next === null ? undefined : `/storage/search?limit=2&after=${body.next}`;
    }
    expect(seen).toEqual(saved);
  });

  it.each([
    ['limit=0', ['query/limit']],
    ['limit=1001', ['query/limit']],
    [`limit=x&bucket=${'b'.repeat(64)}`, ['query/limit', 'query/bucket']],
    ['after=nonsense', ['query/after']],
    ['tags=,', ['query/tags']],
    [`tags=${'a,'.concat('b'.repeat(129))}`, ['query/tags']],
    [`fileName=${'x'.repeat(1025)}`, ['query/fileName']],
    ['fileName=a&fileName=b', ['query/fileName']],
    ['limit=0&after=nonsense&tags=,&fileName=%00', ['query/after', 'query/fileName', 'query/limit', 'query/tags']],
    ['fileName=a%00&description=%00&tags=%00', ['query/description', 'query/fileName', 'query/tags']],
  ])('refuses %s with 422 naming every field', async (query, fields) => {
    const { status, body } = await get(`/storage/search?${query}`, 'somebody');
    expect(status).toBe(422);
    expect((body.errors as { field: string }[]).map(({ field }) => field).toSorted()).toEqual(fields.toSorted());
  });

  it('wants a token', async () => {
    expect((await get('/storage/search')).status).toBe(401);
    expect((await get('/storage/search', 'broken')).status).toBe(401);
  });
});

describe('GET /storage/objects/{objectId}/versions', () => {
  it('answers the versions', async () => {
    const owner = crypto.randomUUID();
    const objectId = await save(owner, '2026-01-06T10:00:00.000000Z');
    const { status, body } = await get(`/storage/objects/${objectId}/versions`, owner);
    expect(status).toBe(200);
    const version = { versionId: expect.any(String), createdAt: '2026-01-06T10:00:00.000000Z', size: 3, etag: 'aa' };
    expect(body).toEqual({ items: [version], next: null });
  });

  it('is 404 for an object of somebody else as for none, 422 for no id, 401 without a token', async () => {
    const objectId = await save(crypto.randomUUID(), '2026-01-06T10:00:00.000000Z');
    const foreign = await get(`/storage/objects/${objectId}/versions`, crypto.randomUUID());
    const missing = await get(`/storage/objects/${crypto.randomUUID()}/versions`, crypto.randomUUID());
    expect([foreign.status, foreign.body.code]).toEqual([404, 'object_not_found']);
    expect([missing.status, missing.body.code]).toEqual([404, 'object_not_found']);
    expect((await get('/storage/objects/1/versions', 'somebody')).status).toBe(422);
    expect((await get(`/storage/objects/urn:uuid:${objectId}/versions`, 'somebody')).status).toBe(422);
    expect((await get(`/storage/objects/${objectId}/versions`)).status).toBe(401);
  });
});
