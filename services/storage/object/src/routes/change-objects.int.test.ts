import { randomUUID } from 'node:crypto';
import { waitFor } from '@throughline/testing';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';

describe('list, PATCH and DELETE objects', () => {
  const path = '/storage/buckets/photos/objects';
  let service: RunningObjectService;
  let ownerId: string;
  let user: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    service = await startObjectService();
  });

  afterAll(() => service.stop());

  beforeEach(() => {
    ownerId = randomUUID();
    user = clientOf(service.url, ownerId);
    service.bucketService.mode = 'up';
  });

  const eventsOfUser = async () => (await service.events()).filter((event) => event.ownerId === ownerId);
  const namesOf = (answer: { json(): { items: { fileName: string }[] } }) => answer.json().items.map((item) => item.fileName);

  describe('list', () => {
    it('pages through names in order of their bytes', async () => {
      service.bucketService.create(ownerId, 'photos');
      const names = ['a', 'B', 'a/1', 'a/2', 'ä', 'a0', '🙂', 'z%_'];
      for (const name of names) await user.put(`${path}/${encodeURIComponent(name)}`, name);
      const seen: string[] = [];
      let after = '';
      do {
        const page = await user.get(`${path}?limit=3${after}`);
        expect(page.status).toBe(200);
        seen.push(...namesOf(page));
        after = page.json().next === null ? '' : `&after=${page.json().next}`;
      } while (after !== '');
      expect(seen).toEqual([...names].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))));
      expect(namesOf(await user.get(`${path}?prefix=a/`))).toEqual(['a/1', 'a/2']);
      expect(namesOf(await user.get(`${path}?prefix=${encodeURIComponent('z%')}`))).toEqual(['z%_']);
      expect(namesOf(await user.get(`${path}?prefix=none`))).toEqual([]);
      expect((await user.get(`${path}?limit=1&prefix=B`)).json()).toMatchObject({
        items: [
          {
            ownerId,
            bucketName: 'photos',
            fileName: 'B',
            size: 1,
            accessLevel: 'PRIVATE',
            tags: [],
            description: '',
            versionEnabled: false,
          },
        ],
        next: null,
      });
    });

    it('names every field that it refuses', async () => {
      const answer = await user.get(`${path}?limit=0&after=!!&prefix=%00`);
      expect((answer.json().errors as { field: string }[]).map((error) => error.field).sort()).toEqual([
        'query/after',
        'query/limit',
        'query/prefix',
      ]);
    });

    it.each(['limit=0', 'limit=1001', 'limit=x', 'after=!!', `after=${Buffer.from('[1]').toString('base64url')}`, 'prefix=%00'])(
      'refuses %s',
      async (query) => {
        service.bucketService.create(ownerId, 'photos');
        const answer = await user.get(`${path}?${query}`);
        expect([answer.status, answer.json().errors[0].field]).toEqual([422, `query/${query.split('=')[0]}`]);
      },
    );

    it('is empty for a bucket that nothing was written to, and 404 for none', async () => {
      service.bucketService.create(ownerId, 'fresh');
      expect((await user.get('/storage/buckets/fresh/objects')).json()).toEqual({ items: [], next: null });
      const unknown = await user.get('/storage/buckets/unknown/objects');
      expect([unknown.status, unknown.json().code]).toEqual([404, 'bucket_not_found']);
      expect((await user.get('/storage/buckets/NO%00/objects')).status).toBe(404);
      expect((await clientOf(service.url).get('/storage/buckets/fresh/objects')).status).toBe(401);
    });
  });

  describe('PATCH', () => {
    it('changes the labels that are given, under the same version without versioning', async () => {
      service.bucketService.create(ownerId, 'photos');
      const stored = (await user.put(`${path}/a`, 'x', { 'x-object-tags': 'old', 'x-object-description': 'kept' })).json();
      const answer = await user.patch(`${path}/a`, { tags: ['b', 'a', 'b'], accessLevel: 'PUBLIC' });
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({
        objectId: stored.objectId,
        ownerId,
        description: 'kept',
        tags: ['b', 'a'],
        accessLevel: 'PUBLIC',
        versionId: stored.versionId,
        size: 1,
      });
      const [, event] = await eventsOfUser();
      expect(event).toMatchObject({
        eventType: 'OBJECT_UPDATED',
        payload: { tags: ['b', 'a'], accessLevel: 'PUBLIC', size: 1, revision: 2 },
      });
      expect((await user.patch(`${path}/a`, { tags: [], description: '' })).json()).toMatchObject({ tags: [], description: '' });
    });

    it('makes a version that shares the bytes where the bucket keeps versions; they go with the last of them', async () => {
      service.bucketService.create(ownerId, 'photos', { versioningEnabled: true });
      const before = (await service.files()).length;
      const stored = (await user.put(`${path}/a`, 'bytes')).json();
      const patched = (await user.patch(`${path}/a`, { description: 'new' })).json();
      expect(patched.versionId).not.toBe(stored.versionId);
      expect(patched.etag).toBe(stored.etag);
      expect((await service.files()).length).toBe(before + 1);
      for (const { versionId } of [stored, patched]) {
        expect((await user.get(`${path}/a?versionId=${versionId}`)).bytes.toString()).toBe('bytes');
      }
      const [usage] = await service.database.query<{ bytes: string }>(
        'select sum(bytes) as bytes from owner_usage where owner_id = $1',
        [ownerId],
      );
      expect(usage?.bytes).toBe('5');
      expect((await user.delete(`${path}/a`)).status).toBe(204);
      await waitFor(async () => (await service.files()).length === before, { description: 'the bytes to be removed' });
    });

    it('refuses what is not valid, naming every field, and what is not there', async () => {
      service.bucketService.create(ownerId, 'photos');
      await user.put(`${path}/a`, 'x');
      const invalid = await user.patch(`${path}/a`, { tags: ['x'.repeat(129)], accessLevel: 'NOBODY', size: 3, description: 7 });
      expect(invalid.status).toBe(422);
      const fields = new Set((invalid.json().errors as { field: string }[]).map((error) => error.field));
      expect([...fields].sort()).toEqual(['body/accessLevel', 'body/description', 'body/size', 'body/tags/0']);
      expect((await user.patch(`${path}/a`, {})).status).toBe(422);
      const mixed = await user.patch(`${path}/a%00`, { size: 3, tags: ['a,b'], description: 'a\u0000b' });
      expect((mixed.json().errors as { field: string }[]).map((error) => error.field).sort()).toEqual([
        'body/description',
        'body/size',
        'body/tags',
        'path/name',
      ]);
      expect((await user.patch(`${path}/a`, { tags: ['a,b'] })).json().errors[0].field).toBe('body/tags');
      expect((await user.patch(`${path}/a`, { description: 'a\u0000b' })).json().errors[0].field).toBe('body/description');
      expect((await user.patch(`${path}/missing`, { tags: [] })).json().code).toBe('object_not_found');
      expect((await user.patch(`${path}/a`, { tags: [] }, { 'if-match': '"other"' })).status).toBe(412);
      expect((await clientOf(service.url, randomUUID()).patch(`${path}/a`, { tags: [] })).json().code).toBe('bucket_not_found');
      service.bucketService.mode = 'failing';
      expect((await user.patch(`${path}/a`, { tags: [] })).json().code).toBe('bucket_service_unavailable');
      expect(await eventsOfUser()).toHaveLength(1);
    });
  });

  describe('DELETE', () => {
    it('removes the object, its versions, its bytes and its share of the quota, and says so', async () => {
      const bucket = service.bucketService.create(ownerId, 'photos', { versioningEnabled: true });
      const before = (await service.files()).length;
      const stored = (await user.put(`${path}/a/b`, 'one')).json();
      await user.put(`${path}/a/b`, 'two');
      expect((await user.delete(`${path}/a/b`, { 'if-match': '"other"' })).status).toBe(412);
      const answer = await user.delete(`${path}/a/b`);
      expect([answer.status, answer.bytes.length]).toEqual([204, 0]);
      expect((await user.get(`${path}/a/b`)).status).toBe(404);
      expect((await user.get(`${path}/a/b?versionId=${stored.versionId}`)).status).toBe(404);
      const again = await user.delete(`${path}/a/b`);
      expect([again.status, again.json().code]).toEqual([404, 'object_not_found']);
      const event = (await eventsOfUser()).at(-1);
      expect(event).toMatchObject({ eventType: 'OBJECT_DELETED' });
      expect(event?.payload).toEqual({
        payloadType: 'OBJECT_DELETED',
        objectId: stored.objectId,
        bucketName: 'photos',
        fileName: 'a/b',
        bucketId: bucket.bucketId,
        revision: 3,
      });
      await waitFor(async () => (await service.files()).length === before, { description: 'the bytes to be removed' });
      const [usage] = await service.database.query(
        'select sum(bytes) as bytes, sum(objects) as objects from owner_usage where owner_id = $1',
        [ownerId],
      );
      expect(usage).toEqual({ bytes: '0', objects: '0' });
    });
  });
});
