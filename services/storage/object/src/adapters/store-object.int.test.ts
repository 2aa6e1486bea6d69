import { randomUUID } from 'node:crypto';
import type { OutboxMessage } from '@throughline/messaging';
import { createOutbox } from '@throughline/postgres';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';
import type { StoredObject } from '../domain/stored-object.ts';
import { writeObject } from './write-object.ts';

const PATH = '/storage/buckets/photos/objects/a';

describe('storing an object', () => {
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
  });

  const usageOf = async () => {
    const [sum] = await service.database.query<{ bytes: string; objects: string }>(
      'select sum(bytes) as bytes, sum(objects) as objects from owner_usage where owner_id = $1',
      [ownerId],
    );
    return { bytes: Number(sum?.bytes), objects: Number(sum?.objects) };
  };
  const eventsOfUser = async () => (await service.events()).filter((event) => event.ownerId === ownerId);
  const currentObject = async () => {
    const [row] = await service.database.query<Record<string, string>>('select * from objects where owner_id = $1', [ownerId]);
    return row as Record<string, string>;
  };

  it.each([
    { versioningEnabled: false, versions: 1 },
    { versioningEnabled: true, versions: 24 },
  ])('puts writes of one name that come together in an order: $versions versions', async ({ versioningEnabled, versions }) => {
    service.bucketService.create(ownerId, 'photos', { versioningEnabled });
    const bodies = Array.from({ length: 24 }, (_, index) => 'x'.repeat(index + 1));
    const answers = await Promise.all(bodies.map((body) => user.put(PATH, body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(23).fill(200), 201]);
    const events = await eventsOfUser();
    expect(events.map(({ payload }) => payload.revision)).toEqual(bodies.map((_, index) => index + 1));
    expect(events.map(({ eventType }) => eventType)).toEqual(['OBJECT_CREATED', ...Array(23).fill('OBJECT_UPDATED')]);
    const last = (await user.get(PATH)).bytes;
    expect(events.at(-1)?.payload.size).toBe(last.length);
    const allBytes = bodies.reduce((sum, body) => sum + body.length, 0);
    expect(await usageOf()).toEqual({ bytes: versioningEnabled ? allBytes : last.length, objects: versions });
    expect(await service.database.query('select 1 from uploads')).toEqual([]);
  });

  it.each([
    {
      what: 'the object changed meanwhile',
      change: 'update objects set revision = revision + 1 where owner_id = $1',
      result: 'overtaken',
    },
    { what: 'the bucket was deleted', change: 'update buckets set deleted_at = now() where owner_id = $1', result: 'overtaken' },
    {
      what: 'the sweeper took the upload for dead',
      change: 'delete from uploads where $1::text is not null',
      result: 'upload-lost',
    },
  ])('writes nothing at all when $what', async ({ change, result }) => {
    service.bucketService.create(ownerId, 'photos');
    await user.put(PATH, 'first');
    const before = { object: await currentObject(), usage: await usageOf(), events: (await eventsOfUser()).length };
    const upload = randomUUID();
    await service.database.execute('insert into uploads values ($1, now())', [upload]);
    await service.database.execute(change, [ownerId]);
    const expected = await currentObject();
    const write = writeOver(before.object, upload);
    const outbox = createOutbox({ wake: () => {} });
    expect(await writeObject(service.database, outbox, write)).toBe(result);
    expect(await currentObject()).toEqual(expected);
    expect({ usage: await usageOf(), events: (await eventsOfUser()).length }).toEqual({
      usage: before.usage,
      events: before.events,
    });
    expect(await service.database.query('select 1 from object_versions where blob_id = $1', [upload])).toEqual([]);
    expect(await service.database.query('select 1 from blob_removals where blob_id = $1', [before.object.blob_id])).toEqual([]);
    const left = await service.database.execute('delete from uploads where upload_id = $1', [upload]);
    expect(left).toBe(result === 'upload-lost' ? 0 : 1);
  });
});

function writeOver(row: Record<string, string>, blobId: string) {
  const object: StoredObject = {
    objectId: row.object_id as string,
    bucketId: row.bucket_id as string,
    bucketName: 'photos',
    ownerId: row.owner_id as string,
    fileName: 'a',
    description: '',
    tags: [],
    accessLevel: 'PRIVATE',
    versionId: row.version_id as string,
    blobId,
    size: 6,
    etag: 'e',
    contentType: 'text/plain',
    revision: Number(row.revision) + 1,
    createdAt: new Date(),
    updatedAt: new Date(),
    versionEnabled: false,
  };
  const event: OutboxMessage = {
    id: randomUUID(),
    aggregateType: 'object',
    aggregateId: object.objectId,
    type: 'OBJECT_UPDATED',
    topic: 'storage.object.v1',
    key: object.objectId,
    payload: Buffer.from(JSON.stringify({ ownerId: object.ownerId })),
    headers: {},
  };
  return { object, change: 'replaced', releasedBlobId: row.blob_id, usage: { bytes: 1, objects: 0 }, event } as const;
}
