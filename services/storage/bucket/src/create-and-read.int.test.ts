import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import { type BucketFixture, INTERNAL_TOKEN, startBucketService } from './bucket.fixture.ts';

let testDatabase: TestDatabase;
let service: BucketFixture;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  service = await startBucketService(testDatabase.url);
});

beforeEach(() => {
  service.owner = randomUUID();
});

afterAll(async () => {
  await service?.close();
  await testDatabase?.drop();
});

describe('POST /storage/buckets', () => {
  it('makes a bucket without versioning, answers with it and tells nobody', async () => {
    const { status, headers, body } = await service.create('my-photos');
    expect([status, headers.get('location')]).toEqual([201, '/storage/buckets/my-photos']);
    expect(body).toEqual({
      bucketId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'my-photos',
      versioningEnabled: false,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: body.createdAt,
      ownerId: service.owner,
    });
    expect(await service.eventsOf(body.bucketId)).toEqual([]);
  });

  it('makes one with versioning', async () => {
    expect((await service.create('v', { body: { name: 'versioned', versioningEnabled: true } })).body.versioningEnabled).toBe(
      true,
    );
  });

  it('refuses a second bucket of the name, and allows it to somebody else', async () => {
    await service.create('mine');
    expect(await service.create('mine')).toMatchObject({ status: 409, body: { code: 'bucket_exists' } });
    expect((await service.create('mine', { as: randomUUID() })).status).toBe(201);
  });

  it('lets one of many that ask at once have the name', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => service.create('contested')));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
  });

  it('names every invalid field and the rule', async () => {
    const { status, body } = await service.create('x', { body: { name: 'No_Good', versioningEnabled: 'yes', colour: 'red' } });
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors.map((error: { field: string }) => error.field).sort()).toEqual([
      'body/colour',
      'body/name',
      'body/versioningEnabled',
    ]);
    expect(JSON.stringify(body.errors)).toContain('3 to 63');
  });

  it('answers the same key and body with the stored answer, another body with 422', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await service.create('once', { headers });
    const again = await service.create('once', { headers });
    expect([again.status, again.body, again.headers.get('location')]).toEqual([201, first.body, '/storage/buckets/once']);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await service.create('other', { headers })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it.each([
    ['no token', null, 401],
    ['a token that may only read', 'reader~storage.read', 403],
  ])('refuses %s', async (_, as, status) => {
    expect((await service.create('refused', { as })).status).toBe(status);
  });

  it('refuses what is not JSON', async () => {
    const answer = await fetch(`${service.origin}/storage/buckets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.owner}`, 'content-type': 'application/json' },
      body: '{',
    });
    expect(answer.status).toBe(400);
  });
});

describe('GET', () => {
  it('lists in pages in the order of names', async () => {
    for (const name of ['ccc', 'aaa', 'bbb']) await service.create(name);
    const first = await service.call('GET', '/storage/buckets?limit=2');
    expect(first.body.items.map((item: { name: string }) => item.name)).toEqual(['aaa', 'bbb']);
    const second = await service.call('GET', `/storage/buckets?limit=2&after=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ name: 'ccc', ownerId: service.owner }], next: null });
  });

  it('ends a page that is exactly full', async () => {
    await service.create('only');
    expect((await service.call('GET', '/storage/buckets?limit=1')).body.next).toBeNull();
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'after=%%%',
    'after=bm90IGpzb24',
    `after=${Buffer.from('["\\u0000"]').toString('base64url')}`,
  ])('refuses ?%s', async (query) => {
    expect([400, 422]).toContain((await service.call('GET', `/storage/buckets?${query}`)).status);
  });

  it('reads one', async () => {
    const { body } = await service.create('readable');
    expect(await service.call('GET', '/storage/buckets/readable')).toMatchObject({ status: 200, body });
  });

  it.each(['missing', 'X', '%00', '..%2Fx', 'a'.repeat(200)])('does not find %s', async (name) => {
    expect(await service.call('GET', `/storage/buckets/${name}`)).toMatchObject({
      status: 404,
      body: { code: 'bucket_not_found' },
    });
  });

  it("does not find somebody else's", async () => {
    await service.create('private-one');
    for (const method of ['GET', 'DELETE']) {
      expect(await service.call(method, '/storage/buckets/private-one', { as: randomUUID() })).toMatchObject({
        status: 404,
        body: { code: 'bucket_not_found' },
      });
    }
    expect((await service.call('GET', '/storage/buckets/private-one')).status).toBe(200);
  });
});

describe('GET /internal/buckets', () => {
  const resolve = (query: string, token = INTERNAL_TOKEN) =>
    service.call('GET', `/internal/buckets?${query}`, { as: null, headers: { 'x-internal-token': token } });

  it('says what a name means now', async () => {
    const { body } = await service.create('resolvable');
    await service.call('PATCH', '/storage/buckets/resolvable', { body: { versioningEnabled: true } });
    expect(await resolve(`ownerId=${service.owner}&name=resolvable`)).toMatchObject({
      status: 200,
      body: {
        bucketId: body.bucketId,
        ownerId: service.owner,
        name: 'resolvable',
        versioningEnabled: true,
        revision: 2,
        createdAt: body.createdAt,
      },
    });
  });

  it('does not find what is not there', async () => {
    expect(await resolve(`ownerId=${service.owner}&name=nothing`)).toMatchObject({
      status: 404,
      body: { code: 'bucket_not_found' },
    });
  });

  it('refuses callers without the internal token', async () => {
    expect((await resolve(`ownerId=${service.owner}&name=nothing`, 'guess')).status).toBe(401);
    expect((await service.call('GET', `/internal/buckets?ownerId=${service.owner}&name=nothing`)).status).toBe(401);
  });

  it('finds by the index', async () => {
    const plan = await service.database.transaction(async (tx) => {
      // The table is small, so its being read in full would be right; the question is whether it need not be.
      await tx.execute('SET LOCAL enable_seqscan = off');
      return tx.query<{ 'QUERY PLAN': string }>("EXPLAIN SELECT * FROM buckets WHERE owner_id = 'o' AND name = 'n'");
    });
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('Index Scan using buckets_owner_id_name_key');
  });
});

it('documents every route but the internal one', async () => {
  const { body } = await service.call('GET', '/openapi.json', { as: null });
  expect(Object.keys(body.paths).sort()).toEqual(['/storage/buckets', '/storage/buckets/{bucket}']);
  expect(Object.keys(body.paths['/storage/buckets/{bucket}']).sort()).toEqual(['delete', 'get', 'patch']);
});
