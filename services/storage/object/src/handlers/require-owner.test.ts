import type { Event } from '@throughline/events';
import { createBucketDeletedHandler } from './bucket-deleted.ts';
import { onBucketUpdated } from './bucket-updated.ts';

describe('a bucket event without an owner', () => {
  const event = { id: 'e1', time: '2026-01-01T00:00:00Z', data: { bucketName: 'photos', bucketId: 'b1' } } as Event<never>;

  it.each([
    ['BUCKET_UPDATED', onBucketUpdated],
    ['BUCKET_DELETED', createBucketDeletedHandler({ onQueued: () => {} })],
  ])('%s breaks its contract', async (_, handler) => {
    const handled = (async () => handler(event, { tx: {} } as never))();
    await expect(handled).rejects.toMatchObject({ code: 'CONTRACT_VIOLATED' });
  });
});
