import { randomUUID } from 'node:crypto';
import { createLogger } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';
import { createBucketCascade, queueCascade } from './bucket-cascade.ts';

describe('bucket cascade', () => {
  let service: RunningObjectService;

  beforeAll(async () => {
    service = await startObjectService();
  });

  afterAll(() => service.stop());

  it('goes on where it was cut off: every object is deleted and announced once', async () => {
    const ownerId = randomUUID();
    const bucket = service.bucketService.create(ownerId, 'photos');
    const user = clientOf(service.url, ownerId);
    for (let index = 0; index < 25; index += 1) await user.put(`/storage/buckets/photos/objects/${index}`, 'x');
    const committed: string[] = [];
    let published = 0;
    const publisher = {
      async publish(tx: { afterCommit(action: () => void): void }, event: { key: string }) {
        published += 1;
        // In the middle of the second batch and, at the second try, of the third.
        if (published === 14 || published === 29) throw new Error('cut off');
        tx.afterCommit(() => committed.push(event.key));
        return undefined as never;
      },
    };
    const logger = createLogger({ name: 'test', level: 'silent' as never });
    const cascades = [1, 2].map(() =>
      createBucketCascade({
        database: service.database,
        publisher,
        logger,
        onBlobReleased: () => {},
        batchSize: 10,
        intervalMs: 20,
      }),
    );
    await service.database.transaction(async (tx) => {
      await queueCascade(tx, {
        bucketId: bucket.bucketId,
        cause: { correlationId: 'c', causationId: 'd' },
        traceparent: undefined,
      });
    });
    for (const cascade of cascades) cascade.start();
    await waitFor(async () => (await service.database.query('select 1 from bucket_cascades')).length === 0, {
      description: 'the cascade to end',
    });
    for (const cascade of cascades) await cascade.stop();
    expect(committed).toHaveLength(25);
    expect(new Set(committed).size).toBe(25);
    expect(published).toBeGreaterThan(25);
    expect(await service.database.query('select 1 from objects')).toEqual([]);
    expect(await service.database.query('select sum(bytes) as bytes, sum(objects) as objects from owner_usage')).toEqual([
      { bytes: '0', objects: '0' },
    ]);
  });

  it('goes on with other buckets while one fails, and deletes many versions in several transactions', async () => {
    const ownerId = randomUUID();
    const user = clientOf(service.url, ownerId);
    const stuck = service.bucketService.create(ownerId, 'stuck');
    const full = service.bucketService.create(ownerId, 'full', { versioningEnabled: true });
    await user.put('/storage/buckets/stuck/objects/a', 'x');
    for (let version = 0; version < 12; version += 1) await user.put('/storage/buckets/full/objects/a', `${version}`);
    for (let version = 0; version < 8; version += 1)
      await user.patch('/storage/buckets/full/objects/a', { description: `${version}` });
    await user.put('/storage/buckets/full/objects/b', 'x');
    // The service's own jobs would take part.
    await service.service.stop();
    const removals = async () => (await service.database.query('select 1 from blob_removals')).length;
    const removalsBefore = await removals();
    const deleted: string[] = [];
    const cascade = createBucketCascade({
      database: service.database,
      publisher: {
        async publish(_tx: unknown, event: object) {
          if (JSON.stringify(event).includes(stuck.bucketId)) throw new Error('stuck');
          deleted.push(JSON.stringify(event));
          return undefined as never;
        },
      },
      logger: createLogger({ name: 'test', level: 'silent' as never }),
      onBlobReleased: () => {
        commits += 1;
      },
      batchSize: 2,
      intervalMs: 20,
    });
    let commits = 0;
    for (const { bucketId } of [stuck, full]) {
      await service.database.transaction((tx) =>
        queueCascade(tx, { bucketId, cause: { correlationId: 'c', causationId: 'd' }, traceparent: undefined }),
      );
    }
    cascade.start();
    await waitFor(
      async () =>
        (await service.database.query('select 1 from bucket_cascades where bucket_id = $1', [full.bucketId])).length === 0,
      { description: 'the other bucket to be emptied' },
    );
    await cascade.stop();
    const [waiting] = await service.database.query<{ bucket_id: string; is_later: boolean }>(
      'select bucket_id, due_at > queued_at as is_later from bucket_cascades',
    );
    expect(waiting).toEqual({ bucket_id: stuck.bucketId, is_later: true });
    expect(deleted).toHaveLength(2);
    // 21 versions, 8 a transaction.
    expect(commits).toBeGreaterThanOrEqual(3);
    expect(await service.database.query('select name from objects')).toEqual([{ name: 'a' }]);
    expect(await service.database.query('select sum(bytes) as bytes, sum(objects) as objects from owner_usage')).toEqual([
      { bytes: '1', objects: '1' },
    ]);
    // Each of the 13 uploads' bytes, whichever transaction their last version went in.
    expect((await removals()) - removalsBefore).toBe(13);
  });
});
