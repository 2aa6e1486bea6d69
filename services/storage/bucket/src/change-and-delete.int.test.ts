import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import { type BucketFixture, startBucketService } from './bucket.fixture.ts';

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

describe('PATCH /storage/buckets/{bucket}', () => {
  it('switches versioning and publishes BUCKET_UPDATED in the same transaction', async () => {
    const { body: made } = await service.create('switched');
    const { status, body } = await service.call('PATCH', '/storage/buckets/switched', { body: { versioningEnabled: true } });
    expect([status, body.versioningEnabled, body.createdAt]).toEqual([200, true, made.createdAt]);
    expect(await service.eventsOf(made.bucketId)).toEqual([
      {
        topic: 'storage.bucket.v1',
        type: 'BUCKET_UPDATED',
        key: made.bucketId,
        envelope: {
          eventId: expect.any(String),
          eventType: 'BUCKET_UPDATED',
          sourceService: 'BUCKET_SERVICE',
          ownerId: service.owner,
          occurredAt: expect.any(Number),
          payload: {
            payloadType: 'BUCKET_UPDATED',
            bucketName: 'switched',
            versioningEnabled: true,
            bucketId: made.bucketId,
            revision: 2,
          },
        },
      },
    ]);
  });

  it('publishes nothing when nothing changed', async () => {
    const { body } = await service.create('unchanged');
    expect((await service.call('PATCH', '/storage/buckets/unchanged', { body: { versioningEnabled: false } })).status).toBe(200);
    expect(await service.eventsOf(body.bucketId)).toEqual([]);
  });

  it('gives revisions in the order of the changes when many come at once', async () => {
    const { body } = await service.create('busy');
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        service.call('PATCH', '/storage/buckets/busy', { body: { versioningEnabled: index % 2 === 0 } }),
      ),
    );
    const events = await service.eventsOf(body.bucketId);
    expect(events.map(({ envelope }) => envelope.payload.revision)).toEqual(events.map((_, index) => index + 2));
    expect(events.map(({ envelope }) => envelope.payload.versioningEnabled)).toEqual(events.map((_, index) => index % 2 === 0));
  });

  it('needs versioningEnabled', async () => {
    await service.create('strict');
    expect(await service.call('PATCH', '/storage/buckets/strict', { body: {} })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'body/versioningEnabled' }] },
    });
  });

  it('does not find a missing bucket', async () => {
    expect((await service.call('PATCH', '/storage/buckets/nowhere', { body: { versioningEnabled: true } })).body.code).toBe(
      'bucket_not_found',
    );
  });
});

describe('DELETE /storage/buckets/{bucket}', () => {
  it('deletes once and publishes BUCKET_DELETED', async () => {
    const { body } = await service.create('doomed');
    expect(await service.call('DELETE', '/storage/buckets/doomed')).toMatchObject({ status: 204, body: undefined });
    expect((await service.call('DELETE', '/storage/buckets/doomed')).status).toBe(404);
    const events = await service.eventsOf(body.bucketId);
    expect(events).toMatchObject([
      {
        type: 'BUCKET_DELETED',
        key: body.bucketId,
        envelope: {
          ownerId: service.owner,
          payload: { payloadType: 'BUCKET_DELETED', bucketName: 'doomed', bucketId: body.bucketId, revision: 2 },
        },
      },
    ]);
  });

  it('leaves the name free for a bucket with another id', async () => {
    const { body: first } = await service.create('phoenix');
    await service.call('DELETE', '/storage/buckets/phoenix');
    const { body: second } = await service.create('phoenix');
    expect(second.bucketId).not.toBe(first.bucketId);
  });
});
