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
});
