import { createDatabase, type Database, migrate } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import type { ObjectMetadata } from '../domain/object-metadata.ts';
import { saveObject } from './metadata-store.ts';
import { buildSearch, type PagePosition, type SearchFilters, searchObjects } from './search-query.ts';

const logger = createLogger({ name: 'metadata-test', level: 'fatal' });
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

let clock = Date.parse('2026-01-06T10:00:00Z');

async function save(ownerId: string, overrides: Partial<ObjectMetadata>): Promise<string> {
  clock += 1_000;
  const now = new Date(clock).toISOString();
  const objectId = crypto.randomUUID();
  const metadata = {
    objectId,
    bucketId: null,
    ownerId,
    bucketName: 'my-photos',
    fileName: 'image.png',
    description: 'Sample photo',
    tags: [],
    accessLevel: 'PRIVATE' as const,
    size: 1,
    contentType: null,
    etag: null,
    revision: 1,
    occurredAt: now,
    createdAt: now,
    updatedAt: now,
    ...overrides,
  };
  await saveObject(database, metadata, undefined);
  return objectId;
}

async function find(callerId: string, filters: SearchFilters): Promise<string[]> {
  const found = await searchObjects(database, { callerId, filters, limit: 1_000, after: undefined });
  return found.map(({ objectId }) => objectId);
}

describe('searchObjects', () => {
  it('shows own objects and the public ones of others, newest first', async () => {
    const [owner, other] = [crypto.randomUUID(), crypto.randomUUID()];
    const bucketName = owner;
    const own = await save(owner, { bucketName });
    const ownPublic = await save(owner, { bucketName, accessLevel: 'PUBLIC' });
    const foreign = await save(other, { bucketName, accessLevel: 'PUBLIC' });
    await save(other, { bucketName });
    expect(await find(owner, { bucket: bucketName })).toEqual([foreign, ownPublic, own]);
    expect(await find(crypto.randomUUID(), { bucket: bucketName })).toEqual([foreign, ownPublic]);
  });

  it.each<[string, Partial<ObjectMetadata>, SearchFilters, boolean]>([
    ['part of the name in another case', { fileName: 'Summer/IMAGE-1.png' }, { fileName: 'r/image' }, true],
    ['a name beyond ASCII in another case', { fileName: 'ÄRGER.txt' }, { fileName: 'ärg' }, true],
    ['a decomposed name by its composed form', { fileName: 'A\u0308rger.txt' }, { fileName: 'ärger' }, true],
    ['another name', { fileName: 'image.png' }, { fileName: 'imagepng' }, false],
    ['% as itself', { fileName: 'file 100.txt' }, { fileName: '1%0' }, false],
    ['_ as itself', { fileName: 'a-b.txt' }, { fileName: 'a_b' }, false],
    ['a name that holds % and \\', { fileName: '100%\\_x' }, { fileName: '%\\_' }, true],
    ['part of the description', { description: 'A long Walk' }, { description: 'long wa' }, true],
    ['an object without a description', { description: null }, { description: 'a' }, false],
    ['all of the tags', { tags: ['a', 'b', 'c'] }, { tags: ['c', 'a'] }, true],
    ['one tag that is missing', { tags: ['a', 'b'] }, { tags: ['a', 'z'] }, false],
    ['a bucket by its exact name', { bucketName: 'my-photos' }, { bucket: 'my-photo' }, false],
    [
      'everything together',
      { fileName: 'x.png', tags: ['a'] },
      { bucket: 'my-photos', fileName: 'X', description: 'SAMPLE', tags: ['a'] },
      true,
    ],
  ])('looks for %s', async (_what, overrides, filters, isFound) => {
    const owner = crypto.randomUUID();
    const objectId = await save(owner, overrides);
    expect((await find(owner, filters)).includes(objectId)).toBe(isFound);
  });

  it('shows each object once over pages while others are added and changed', async () => {
    const owner = crypto.randomUUID();
    const saved = [];
    for (let count = 0; count < 25; count += 1) saved.push(await save(owner, { createdAt: '2026-02-01T00:00:00Z' }));
    const seen: string[] = [];
    let after: PagePosition | undefined;
    do {
      const page = await searchObjects(database, { callerId: owner, filters: {}, limit: 10, after });
      const own = page.filter((item) => item.ownerId === owner);
      seen.push(...own.map(({ objectId }) => objectId));
      await save(owner, { createdAt: '2026-03-01T00:00:00Z' });
      const last = page.at(-1);
      after = last && { createdAt: last.createdAt, id: last.objectId };
    } while (after !== undefined);
    expect(seen.toSorted()).toEqual(saved.toSorted());
  });
});

describe('the plan of a search in 50,000 objects', () => {
  beforeAll(async () => {
    await database.execute(`
      INSERT INTO object_metadata (object_id, owner_id, bucket_name, file_name, file_name_folded, description, description_folded, tags,
        access_level, size, revision, occurred_at, created_at, updated_at)
      SELECT gen_random_uuid(), 'owner-' || n % 10, 'bucket-' || n % 200, name, name, about, about, ARRAY['tag-' || n % 5000, 'all'],
        CASE WHEN n % 10 = 0 THEN 'PUBLIC' ELSE 'PRIVATE' END, n, 1, now(), now() - n * interval '1 s', now()
      FROM generate_series(1, 50000) n, LATERAL (SELECT 'file-' || md5(n::text) AS name, 'about ' || md5((n * 7)::text) AS about) AS texts`);
    await database.execute('ANALYZE object_metadata');
  }, 60_000);

  it.each<[string, SearchFilters, readonly string[]]>([
    ['nothing', {}, ['object_metadata_by_owner', 'object_metadata_public']],
    ['a bucket', { bucket: 'bucket-3' }, ['object_metadata_by_owner_bucket', 'object_metadata_public_by_bucket']],
    ['a file name', { fileName: 'c4ca4238' }, ['object_metadata_file_name']],
    ['a description', { description: '8f14e45f' }, ['object_metadata_description']],
    ['tags', { tags: ['tag-7', 'all'] }, ['object_metadata_tags']],
  ])('by %s reads indexes and never the whole table', async (_what, filters, indexes) => {
    const { sql, parameters } = buildSearch({ callerId: 'owner-3', filters, limit: 51, after: undefined });
    const rows = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, parameters);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).not.toContain('Seq Scan');
    for (const index of indexes) expect(plan).toMatch(new RegExp(`Scan (using|on) ${index}\\b`));
  });
});
