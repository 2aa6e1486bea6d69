import type { Event } from '@throughline/events';
import { createDatabase, type Database, migrate } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import { searchObjects } from '../adapters/search-query.ts';
import { listObjectVersions } from '../adapters/version-query.ts';
import { objectHandlers } from './object-handlers.ts';

const logger = createLogger({ name: 'metadata-test', level: 'fatal' });
const bucketName = 'my-photos';
const fileName = 'image.png';
let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = createDatabase({ connectionString: test.url, applicationName: 'metadata-test', logger });
  await migrate({ database, directory: new URL('../../migrations/', import.meta.url), logger });
});

afterAll(async () => {
  await database?.close();
  await test?.drop();
});

/** The life of one object as the object service tells it: created, changed with versioning on, deleted. */
function lifeOf(ownerId: string) {
  const objectId = crypto.randomUUID();
  const base = {
    objectId,
    bucketName,
    fileName,
    size: 3,
    etag: 'aa',
    contentType: 'image/png',
    createdAt: '2026-01-06T10:00:00Z',
  };
  const created = eventOf(ownerId, 'OBJECT_CREATED', {
    ...base,
    versionEnabled: false,
    versionId: crypto.randomUUID(),
    revision: 1,
    description: 'first',
    tags: ['a'],
    accessLevel: 'PRIVATE',
    updatedAt: '2026-01-06T10:00:00Z',
  });
  const updated = eventOf(ownerId, 'OBJECT_UPDATED', {
    ...base,
    versionEnabled: true,
    versionId: crypto.randomUUID(),
    revision: 2,
    description: 'second',
    tags: ['b'],
    accessLevel: 'PUBLIC',
    updatedAt: '2026-01-06T11:00:00Z',
  });
  const deleted = eventOf(ownerId, 'OBJECT_DELETED', { objectId, bucketName, fileName, revision: 3 });
  return { objectId, ownerId, created, updated, deleted };
}

function eventOf(ownerId: string, type: string, data: object, time = '2026-01-06T10:00:00.000000Z'): Event {
  return { id: crypto.randomUUID(), source: 'OBJECT_SERVICE', type, time, ownerId, data: { payloadType: type, ...data } };
}

async function handle(...events: readonly Event[]): Promise<void> {
  for (const event of events) {
    await database.transaction(async (tx) => {
      const context = {
        tx,
        attempt: 1,
        signal: AbortSignal.timeout(5_000),
        idempotencyKey: event.id,
        cause: { correlationId: event.id, causationId: event.id },
      };
      await objectHandlers[event.type]?.(event, context);
    });
  }
}

const search = (callerId: string) =>
  searchObjects(database, { callerId, filters: { bucket: bucketName }, limit: 10, after: undefined });
const versionsOf = (callerId: string, objectId: string) =>
  listObjectVersions(database, { callerId, objectId, limit: 10, after: undefined });

describe('object events', () => {
  it.each([['created, updated'], ['updated, created'], ['created, updated, created, updated'], ['updated, updated, created']])(
    'give the newest state and both versions in the order %s',
    async (order) => {
      const life = lifeOf(crypto.randomUUID());
      await handle(...order.split(', ').map((name) => life[name as 'created' | 'updated']));
      const found = await search(life.ownerId);
      expect(found.filter((item) => item.ownerId === life.ownerId)).toEqual([
        expect.objectContaining({
          objectId: life.objectId,
          description: 'second',
          tags: ['b'],
          accessLevel: 'PUBLIC',
          size: 3,
          versions: 2,
          createdAt: '2026-01-06T10:00:00.000000Z',
          updatedAt: '2026-01-06T11:00:00.000000Z',
        }),
      ]);
    },
  );

  it.each([
    ['created, updated, deleted'],
    ['deleted, created, updated'],
    ['created, deleted, updated'],
    ['deleted, deleted, created'],
  ])('leave nothing behind in the order %s', async (order) => {
    const life = lifeOf(crypto.randomUUID());
    await handle(...order.split(', ').map((name) => life[name as 'created' | 'updated' | 'deleted']));
    expect((await search(life.ownerId)).filter((item) => item.ownerId === life.ownerId)).toEqual([]);
    expect(await versionsOf(life.ownerId, life.objectId)).toBeUndefined();
    expect(await database.query('SELECT 1 FROM object_versions WHERE object_id = $1', [life.objectId])).toEqual([]);
  });

  it('do not slip past each other when two members hold a creation and a deletion at once', async () => {
    const lives = Array.from({ length: 20 }, () => lifeOf(crypto.randomUUID()));
    await Promise.all(lives.flatMap((life) => [handle(life.created), handle(life.deleted), handle(life.updated)]));
    const left = await database.query('SELECT 1 FROM object_metadata WHERE object_id = ANY($1)', [
      lives.map(({ objectId }) => objectId),
    ]);
    expect(left).toEqual([]);
  });

  it.each([['created, replaced'], ['replaced, created'], ['created, replaced, created']])(
    'show the replaced bytes under the same version in the order %s',
    async (order) => {
      const life = lifeOf(crypto.randomUUID());
      const { versionId } = life.created.data as { versionId: string };
      const changes = { versionId, versionEnabled: false, size: 9, etag: 'bb' };
      const replaced = { ...life.updated, data: { ...(life.updated.data as object), ...changes } };
      const events = { created: life.created, replaced };
      await handle(...order.split(', ').map((name) => events[name as 'created' | 'replaced']));
      const expected = { versionId, createdAt: '2026-01-06T11:00:00.000000Z', size: 9, etag: 'bb' };
      expect(await versionsOf(life.ownerId, life.objectId)).toEqual([expected]);
    },
  );

  it('work in the bare form of the seed', async () => {
    const ownerId = crypto.randomUUID();
    const objectId = crypto.randomUUID();
    const bare = { objectId, bucketName, fileName, versionEnabled: true };
    const created = eventOf(ownerId, 'OBJECT_CREATED', {
      ...bare,
      description: 'Sample photo',
      tags: ['travel'],
      accessLevel: 'PRIVATE',
    });
    const updated = eventOf(ownerId, 'OBJECT_UPDATED', bare, '2026-01-06T10:00:01.500000Z');
    await handle(updated, created, updated);
    const [item] = (await search(ownerId)).filter((found) => found.ownerId === ownerId);
    expect(item).toMatchObject({
      description: 'Sample photo',
      tags: ['travel'],
      versions: 2,
      size: null,
      updatedAt: '2026-01-06T10:00:01.500000Z',
    });
    expect((await versionsOf(ownerId, objectId))?.map(({ versionId }) => versionId)).toEqual([updated.id, created.id]);
  });

  it('show others of a public object the versions that were public, and none of a private one', async () => {
    const life = lifeOf(crypto.randomUUID());
    await handle(life.created);
    expect(await versionsOf(crypto.randomUUID(), life.objectId)).toBeUndefined();
    await handle(life.updated);
    expect(await versionsOf(crypto.randomUUID(), life.objectId)).toHaveLength(1);
  });
});
