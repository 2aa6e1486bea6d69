import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { waitFor } from '@throughline/testing';
import type { FakeBucket } from '../../test/fake-bucket-service.ts';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';

describe('bucket events', () => {
  const path = '/storage/buckets/photos/objects';
  let service: RunningObjectService;
  let ownerId: string;
  let user: ReturnType<typeof clientOf>;

  beforeEach(async () => {
    service = await startObjectService();
    ownerId = randomUUID();
    user = clientOf(service.url, ownerId);
  });

  afterEach(() => service.stop());

  const eventsOf = async (type: string) => (await service.events()).filter((event) => event.eventType === type);

  const update = (
    bucket: FakeBucket,
    versioningEnabled: boolean,
    options: { revision?: number; atMs?: number; isBare?: boolean } = {},
  ) => {
    const { revision = bucket.revision, isBare = false, ...rest } = options;
    const identity = isBare ? {} : { bucketId: bucket.bucketId, revision };
    return service.sendBucketEvent({
      eventType: 'BUCKET_UPDATED',
      ownerId,
      payload: { bucketName: bucket.name, versioningEnabled, ...identity },
      ...rest,
    });
  };

  const remove = (bucket: FakeBucket, options: { eventId?: string; atMs?: number; isBare?: boolean } = {}) => {
    const { isBare = false, ...rest } = options;
    const identity = isBare ? {} : { bucketId: bucket.bucketId, revision: bucket.revision + 1 };
    return service.sendBucketEvent({
      eventType: 'BUCKET_DELETED',
      ownerId,
      payload: { bucketName: bucket.name, ...identity },
      ...rest,
    });
  };

  const versioningOf = async () => {
    const items = (await user.get(path)).json().items as { versionEnabled: boolean }[];
    return items.map((item) => item.versionEnabled);
  };

  /** A last event about some bucket: once it is handled, so is what was sent to the same partition before. */
  const handledUpTo = async (eventId: string) => {
    await waitFor(
      async () => (await service.database.query('select 1 from processed_events where event_id = $1', [eventId])).length > 0,
      { description: `event ${eventId} to be handled`, timeoutMs: 30_000 },
    );
  };

  it('BUCKET_UPDATED reaches every object; what is older than what is known does not', async () => {
    await service.startConsumer();
    const bucket = service.bucketService.create(ownerId, 'photos');
    for (const name of ['a', 'b', 'c']) await user.put(`${path}/${name}`, name);
    expect(await versioningOf()).toEqual([false, false, false]);
    await update(bucket, true, { revision: 3 });
    await waitFor(async () => (await versioningOf()).every(Boolean), {
      description: 'versioning to reach the objects',
      timeoutMs: 30_000,
    });
    await handledUpTo(await update(bucket, false, { revision: 2 }));
    expect(await versioningOf()).toEqual([true, true, true]);
    const before = (await user.get(`${path}/a`)).headers.get('x-object-version');
    await user.patch(`${path}/a`, { description: 'new' });
    expect((await user.get(`${path}/a`)).headers.get('x-object-version')).not.toBe(before);
  });

  it('understands the bare form by owner, name and time', async () => {
    await service.startConsumer();
    const bucket = service.bucketService.create(ownerId, 'photos');
    await user.put(`${path}/a`, 'a');
    const createdAtMs = Date.parse(bucket.createdAt);
    await handledUpTo(await update(bucket, true, { isBare: true, atMs: createdAtMs - 60_000 }));
    expect(await versioningOf()).toEqual([false]);
    await handledUpTo(await update(bucket, true, { isBare: true, atMs: Date.now() + 1_000 }));
    expect(await versioningOf()).toEqual([true]);
    await handledUpTo(await remove(bucket, { isBare: true, atMs: createdAtMs - 60_000 }));
    expect((await user.get(`${path}/a`)).status).toBe(200);
    await handledUpTo(await remove(bucket, { isBare: true, atMs: Date.now() + 2_000 }));
    expect((await user.get(`${path}/a`)).status).toBe(404);
  });

  it('late events of a deleted bucket do not touch a new one of the same name', async () => {
    const old = service.bucketService.create(ownerId, 'photos');
    const lost = (await user.put(`${path}/a`, 'of the old bucket')).json();
    service.bucketService.delete(old);
    const present = service.bucketService.create(ownerId, 'photos');
    const kept = await user.put(`${path}/a`, 'of the new bucket');
    expect(kept.status).toBe(201);
    expect((await user.get(`${path}/a`)).bytes.toString()).toBe('of the new bucket');
    await update(old, true, { revision: 2 });
    await remove(old);

    await service.startConsumer();
    await waitFor(async () => (await eventsOf('OBJECT_DELETED')).length > 0, { description: 'the cascade', timeoutMs: 30_000 });
    await handledUpTo(await update(present, false));
    expect(await eventsOf('OBJECT_DELETED')).toEqual([
      expect.objectContaining({ payload: expect.objectContaining({ objectId: lost.objectId, bucketId: old.bucketId }) }),
    ]);
    expect((await user.get(`${path}/a`)).bytes.toString()).toBe('of the new bucket');
    expect(await versioningOf()).toEqual([false]);
    expect((await service.database.query('select 1 from objects')).length).toBe(1);
  });

  it('a deleted bucket takes no object, not even one whose upload began before', async () => {
    await service.startConsumer();
    const bucket = service.bucketService.create(ownerId, 'photos');
    await user.put(`${path}/a`, 'a');
    const socket = connect(service.port, '127.0.0.1').setEncoding('utf8');
    let received = '';
    socket.on('data', (text) => {
      received += text;
    });
    socket.write(`PUT ${path}/slow HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ownerId}\r\ncontent-length: 2\r\n\r\na`);
    await waitFor(async () => (await service.database.query('select 1 from uploads')).length === 1, {
      description: 'the upload to begin',
    });
    await handledUpTo(await remove(bucket));
    socket.write('b');
    await waitFor(() => received.includes('bucket_not_found'), { description: 'the refusal' });
    socket.destroy();
    // The bucket service does not know of the deletion yet, in this test; the tombstone decides.
    expect((await user.put(`${path}/b`, 'b')).json().code).toBe('bucket_not_found');
    await waitFor(async () => (await service.files()).length === 0, { description: 'all bytes to be removed' });
    expect(await eventsOf('OBJECT_CREATED')).toHaveLength(1);
  });

  it('a deletion that arrives before anything else of its bucket still counts', async () => {
    await service.startConsumer();
    const bucket = service.bucketService.create(ownerId, 'photos');
    await handledUpTo(await remove(bucket));
    expect((await user.put(`${path}/a`, 'a')).json().code).toBe('bucket_not_found');
  });

  it('BUCKET_DELETED deletes 2,000 objects, each with one event that names its cause, however often it comes', async () => {
    const bucket = service.bucketService.create(ownerId, 'photos');
    for (const name of ['a', 'b', 'c']) await user.put(`${path}/${name}`, name);
    await service.database.execute(
      `insert into objects select gen_random_uuid(), bucket_id, bucket_name, owner_id, 'n/' || n, description, tags, access_level, gen_random_uuid(),
         gen_random_uuid(), 1, etag, content_type, 1, created_at, updated_at from objects, generate_series(1, 1997) n where name = 'a'`,
    );
    await service.database.execute(
      `insert into object_versions select version_id, object_id, blob_id, size, etag, content_type, access_level, created_at from objects where name like 'n/%'`,
    );
    await service.database.execute('insert into owner_usage values ($1, 99, 1997, 1997)', [ownerId]);
    await service.startConsumer();
    const eventId = await remove(bucket);
    await remove(bucket, { eventId });
    await remove(bucket, { eventId });
    await waitFor(
      async () =>
        (await service.database.query('select 1 from bucket_cascades')).length === 0 &&
        (await eventsOf('OBJECT_DELETED')).length > 0,
      {
        description: 'the cascade to end',
        timeoutMs: 60_000,
      },
    );
    const deleted = await eventsOf('OBJECT_DELETED');
    expect(deleted).toHaveLength(2_000);
    expect(new Set(deleted.map((event) => event.payload.objectId)).size).toBe(2_000);
    const rows = await service.database.query<{ cause: string }>(
      `select distinct headers ->> 'ce_causationid' as cause from outbox where type = 'OBJECT_DELETED'`,
    );
    expect(rows).toEqual([{ cause: eventId }]);
    expect(await service.database.query('select 1 from objects')).toEqual([]);
    expect(await service.database.query('select sum(bytes) as bytes, sum(objects) as objects from owner_usage')).toEqual([
      { bytes: '0', objects: '0' },
    ]);
    await waitFor(async () => (await service.files()).length === 0, { description: 'the bytes to be removed' });
  }, 90_000);
});
