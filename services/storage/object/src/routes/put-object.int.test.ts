import { createHash, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { waitFor } from '@throughline/testing';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

describe('PUT an object', () => {
  let service: RunningObjectService;
  let ownerId: string;
  let user: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    const quota = { maxBytes: 3_000_000, maxObjects: 5 };
    service = await startObjectService({ quota, maxObjectBytes: 2_000_000 });
  });

  afterAll(() => service.stop());

  beforeEach(() => {
    ownerId = randomUUID();
    user = clientOf(service.url, ownerId);
    service.bucketService.mode = 'up';
  });

  const eventsOfUser = async () => (await service.events()).filter((event) => event.ownerId === ownerId);
  const blobPath = async (objectId: string) => {
    const [row] = await service.database.query<{ blob_id: string }>('select blob_id from objects where object_id = $1', [
      objectId,
    ]);
    return (await service.files()).find((file) => file.endsWith(row?.blob_id ?? 'nowhere'));
  };

  it('creates it, and says so in an event', async () => {
    const bucket = service.bucketService.create(ownerId, 'photos');
    const answer = await user.put('/storage/buckets/photos/objects/2026/a%20b.png', 'bytes', {
      'content-type': 'image/png',
      'x-object-description': 'M%C3%BCnchen',
      'x-object-tags': 'images, tr%C3%A4vel ,images',
      'x-object-access': 'PUBLIC',
    });
    expect(answer.status).toBe(201);
    const { objectId, versionId, ...rest } = answer.json();
    expect(rest).toEqual({ ownerId, bucketName: 'photos', fileName: '2026/a b.png', size: 5, etag: sha256('bytes') });
    expect(answer.headers.get('etag')).toBe(`"${sha256('bytes')}"`);
    expect(answer.headers.get('location')).toBe('/storage/buckets/photos/objects/2026/a%20b.png');
    const [event] = await eventsOfUser();
    expect(event?.eventType).toBe('OBJECT_CREATED');
    expect(event?.payload).toMatchObject({
      payloadType: 'OBJECT_CREATED',
      objectId,
      versionId,
      bucketId: bucket.bucketId,
      bucketName: 'photos',
      fileName: '2026/a b.png',
      description: 'München',
      tags: ['images', 'trävel'],
      accessLevel: 'PUBLIC',
      versionEnabled: false,
      size: 5,
      etag: sha256('bytes'),
      contentType: 'image/png',
      revision: 1,
    });
  });

  it('overwrites it under the same version without versioning, keeps its labels, and removes the former bytes', async () => {
    service.bucketService.create(ownerId, 'photos');
    const first = await user.put('/storage/buckets/photos/objects/a', 'one', {
      'x-object-description': 'kept',
      'x-object-tags': 'x,y',
    });
    const former = await blobPath(first.json().objectId);
    expect(former).toBeDefined();
    const second = await user.put('/storage/buckets/photos/objects/a', 'two!', { 'content-type': 'text/plain' });
    expect(second.status).toBe(200);
    expect(second.json()).toMatchObject({ objectId: first.json().objectId, versionId: first.json().versionId, size: 4 });
    const events = await eventsOfUser();
    expect(events.map((event) => event.eventType)).toEqual(['OBJECT_CREATED', 'OBJECT_UPDATED']);
    expect(events[1]?.payload).toMatchObject({
      description: 'kept',
      tags: ['x', 'y'],
      size: 4,
      revision: 2,
      versionEnabled: false,
    });
    expect((await user.get('/storage/buckets/photos/objects/a')).bytes.toString()).toBe('two!');
    await waitFor(async () => !(await service.files()).includes(former as string), {
      description: 'the former bytes to be removed',
    });
  });

  it('keeps versions where the bucket does, and reads each by its id', async () => {
    const bucket = service.bucketService.create(ownerId, 'versions');
    const first = (await user.put('/storage/buckets/versions/objects/a', 'one')).json();
    bucket.versioningEnabled = true;
    bucket.revision += 1;
    const second = (await user.put('/storage/buckets/versions/objects/a', 'second')).json();
    expect(second.versionId).not.toBe(first.versionId);
    const read = (versionId: string) => user.get(`/storage/buckets/versions/objects/a?versionId=${versionId}`);
    expect((await read(first.versionId)).bytes.toString()).toBe('one');
    expect((await read(second.versionId)).bytes.toString()).toBe('second');
    expect((await read(first.versionId)).headers.get('x-object-version')).toBe(first.versionId);
    expect((await read(randomUUID())).status).toBe(404);
    expect((await read('nonsense')).status).toBe(422);
    expect((await eventsOfUser())[1]?.payload).toMatchObject({ versionEnabled: true, versionId: second.versionId });
  });

  it('creates only, when If-None-Match: * says so, and overwrites only what If-Match names', async () => {
    service.bucketService.create(ownerId, 'photos');
    const path = '/storage/buckets/photos/objects/a';
    expect((await user.put(path, 'x', { 'if-match': '*' })).status).toBe(412);
    expect((await user.put(path, 'one', { 'if-none-match': '*' })).status).toBe(201);
    const refused = await user.put(path, 'two', { 'if-none-match': '*' });
    expect([refused.status, refused.json().code]).toEqual([412, 'precondition_failed']);
    expect((await user.put(path, 'two', { 'if-match': `"${sha256('other')}"` })).status).toBe(412);
    expect((await user.put(path, 'two', { 'if-match': `"${sha256('one')}"` })).status).toBe(200);
    expect((await user.get(path)).bytes.toString()).toBe('two');
    const raced = await Promise.all(
      ['a', 'b', 'c', 'd'].map((body) => user.put('/storage/buckets/photos/objects/race', body, { 'if-none-match': '*' })),
    );
    expect(raced.map((answer) => answer.status).sort()).toEqual([201, 412, 412, 412]);
  });

  it('asks about the bucket that is there now, not one of that name whose deletion is still on its way', async () => {
    const old = service.bucketService.create(ownerId, 'photos');
    const path = '/storage/buckets/photos/objects/again';
    expect((await user.put(path, 'old')).status).toBe(201);
    service.bucketService.delete(old);
    service.bucketService.create(ownerId, 'photos');
    expect((await user.put(path, 'new', { 'if-none-match': '*' })).status).toBe(201);
  });

  it('lets the last of concurrent writers win, and loses no bytes', async () => {
    service.bucketService.create(ownerId, 'photos');
    const bodies = Array.from({ length: 8 }, (_, index) => `body ${index}`);
    const answers = await Promise.all(bodies.map((body) => user.put('/storage/buckets/photos/objects/same', body)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map((answer) => answer.json().objectId)).size).toBe(1);
    const events = await eventsOfUser();
    expect(events.map((event) => event.payload.revision)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const read = await user.get('/storage/buckets/photos/objects/same');
    expect(sha256(read.bytes)).toBe(events.at(-1)?.payload.etag);
    await waitFor(async () => (await service.database.query('select 1 from blob_removals')).length === 0, {
      description: 'the removals',
    });
    expect((await user.get('/storage/buckets/photos/objects/same')).status).toBe(200);
  });

  it('reports every invalid field at once', async () => {
    service.bucketService.create(ownerId, 'photos');
    const answer = await user.put('/storage/buckets/photos/objects/a%00b?versionId=1', 'x', {
      'x-object-access': 'EVERYBODY',
      'x-object-tags': '%C3',
      'x-object-description': 'x'.repeat(2049),
    });
    expect(answer.status).toBe(422);
    const fields = (answer.json().errors as { field: string }[]).map((error) => error.field);
    expect(fields.sort()).toEqual([
      'header/x-object-access',
      'header/x-object-description',
      'header/x-object-tags',
      'path/name',
      'query/versionId',
    ]);
  });

  it.each([
    [{ 'content-encoding': 'gzip' }, 415, 'content_coding_unsupported'],
    [{ 'content-range': 'bytes 0-0/2' }, 400, 'content_range_unsupported'],
  ])('refuses what it would not give back as it came: %j', async (headers, status, code) => {
    service.bucketService.create(ownerId, 'photos');
    const answer = await user.put('/storage/buckets/photos/objects/a', 'x', headers);
    expect([answer.status, answer.json().code]).toEqual([status, code]);
    expect((await user.put('/storage/buckets/photos/objects/a', 'x', { 'content-encoding': 'identity' })).status).toBe(201);
  });

  it('lets no body come that it will not take', async () => {
    const head = 'PUT /storage/buckets/unknown/objects/a HTTP/1.1\r\nExpect: 100-continue';
    expect((await rawRequest(service.port, head, ownerId)).status).toBe(404);
  });

  it.each(['../x', 'a/../b', '.', '..', 'a/./b', '%2e%2e/x', '%2e%2e%2fx', 'a%0Ab'])('refuses the name %s', async (name) => {
    service.bucketService.create(ownerId, 'photos');
    const { status, body } = await rawRequest(service.port, `PUT /storage/buckets/photos/objects/${name} HTTP/1.1`, ownerId);
    expect(status).toBe(422);
    expect(body).toContain('path/name');
  });

  it('answers 401 without a token, 404 for what is no bucket of the caller, 503 while nobody can say', async () => {
    service.bucketService.create(randomUUID(), 'foreign');
    const path = (bucket: string) => `/storage/buckets/${bucket}/objects/a`;
    expect((await clientOf(service.url).put(path('photos'), 'x')).json().code).toBe('token_missing');
    expect((await clientOf(service.url, 'bad').put(path('photos'), 'x')).status).toBe(401);
    const foreign = await user.put(path('foreign'), 'x');
    expect([foreign.status, foreign.json().code]).toEqual([404, 'bucket_not_found']);
    expect((await user.put(path('No_Bucket'), 'x')).json().code).toBe('bucket_not_found');
    for (const mode of ['failing', 'silent'] as const) {
      service.bucketService.mode = mode;
      const away = await user.put(path('foreign'), 'x');
      expect([away.status, away.json().code, away.headers.get('retry-after')]).toEqual([503, 'bucket_service_unavailable', '2']);
    }
  });

  it('refuses what is too large, by its announced and by its real length', async () => {
    service.bucketService.create(ownerId, 'photos');
    const before = (await service.files()).length;
    const announced = await user.put('/storage/buckets/photos/objects/a', Buffer.alloc(2_000_001));
    expect([announced.status, announced.json().code]).toEqual([413, 'object_too_large']);
    const chunked = new ReadableStream({
      start(controller) {
        for (let index = 0; index < 40; index += 1) controller.enqueue(new Uint8Array(65_536));
        controller.close();
      },
    });
    const response = await fetch(`${service.url}/storage/buckets/photos/objects/a`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ownerId}` },
      body: chunked,
      duplex: 'half',
    } as RequestInit);
    expect([response.status, (await response.json()) as { code: string }]).toEqual([
      413,
      expect.objectContaining({ code: 'object_too_large' }),
    ]);
    expect((await service.files()).length).toBe(before);
    expect(await eventsOfUser()).toEqual([]);
  });

  it('keeps to the quota, of which overwriting and deleting set bytes free', async () => {
    service.bucketService.create(ownerId, 'photos');
    const path = (name: string) => `/storage/buckets/photos/objects/${name}`;
    expect((await user.put(path('a'), Buffer.alloc(1_500_000))).status).toBe(201);
    expect((await user.put(path('a'), Buffer.alloc(1_600_000))).status).toBe(200);
    const before = await service.files();
    const refused = await user.put(path('b'), Buffer.alloc(1_500_000));
    expect([refused.status, refused.json().code]).toEqual([403, 'quota_exceeded']);
    expect(refused.json().detail).toContain('3000000 bytes');
    expect((await service.files()).length).toBeLessThanOrEqual(before.length);
    expect((await user.delete(path('a'))).status).toBe(204);
    for (const name of ['b', 'c', 'd', 'e', 'f']) expect((await user.put(path(name), 'x')).status).toBe(201);
    expect((await user.put(path('g'), 'x')).json().detail).toContain('5 objects');
    const [usage] = await service.database.query<{ bytes: string; objects: string }>(
      'select sum(bytes) as bytes, sum(objects) as objects from owner_usage where owner_id = $1',
      [ownerId],
    );
    expect(usage).toEqual({ bytes: '5', objects: '5' });
  });

  it('counts each version in the quota, also those that share bytes', async () => {
    service.bucketService.create(ownerId, 'photos', { versioningEnabled: true });
    const path = '/storage/buckets/photos/objects/a';
    for (const body of ['1', '2', '3']) await user.put(path, body);
    for (const description of ['4', '5']) expect((await user.patch(path, { description })).status).toBe(200);
    for (const refused of [await user.put(path, '6'), await user.patch(path, { description: '6' })]) {
      expect([refused.status, refused.json().code]).toEqual([403, 'quota_exceeded']);
    }
    expect((await user.delete(path)).status).toBe(204);
    const [usage] = await service.database.query(
      'select sum(bytes) as bytes, sum(objects) as objects from owner_usage where owner_id = $1',
      [ownerId],
    );
    expect(usage).toEqual({ bytes: '0', objects: '0' });
  });
});

/** fetch would resolve dot segments before they are sent. */
async function rawRequest(port: number, requestLine: string, token: string): Promise<{ status: number; body: string }> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.write(`${requestLine}\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${token}\r\ncontent-length: 1\r\n\r\nx`);
  let text = '';
  for await (const part of socket) text += part;
  return { status: Number(text.slice(9, 12)), body: text.slice(text.indexOf('\r\n\r\n')) };
}
