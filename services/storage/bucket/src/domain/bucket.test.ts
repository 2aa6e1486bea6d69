import { type Bucket, changeSettings } from './bucket.ts';
import { bucketDeleted, bucketUpdated } from './bucket-events.ts';

const bucket: Bucket = {
  bucketId: '0af73ea9-7735-4f6b-8da6-7378bfea504a',
  ownerId: 'b2cf8d1a-3c33-4f12-956e-576a8a17d871',
  name: 'my-photos',
  versioningEnabled: false,
  revision: 4,
  createdAt: new Date(1000),
  updatedAt: new Date(1000),
};
const now = new Date(2000);

describe('changeSettings', () => {
  it('changes versioning, counts the change and notes when', () => {
    expect(changeSettings(bucket, { versioningEnabled: true }, now)).toEqual({
      ...bucket,
      versioningEnabled: true,
      revision: 5,
      updatedAt: now,
    });
  });

  it('is no change when the settings are what the bucket has', () => {
    expect(changeSettings(bucket, { versioningEnabled: false }, now)).toBeUndefined();
  });
});

describe('events', () => {
  const subject = { key: bucket.bucketId, subject: bucket.bucketId, ownerId: bucket.ownerId };

  it('tells the settings that hold now', () => {
    expect(bucketUpdated(bucket)).toEqual({
      ...subject,
      type: 'BUCKET_UPDATED',
      data: {
        payloadType: 'BUCKET_UPDATED',
        bucketName: 'my-photos',
        versioningEnabled: false,
        bucketId: bucket.bucketId,
        revision: 4,
      },
    });
  });

  it('tells the deletion as one revision more', () => {
    expect(bucketDeleted(bucket)).toEqual({
      ...subject,
      type: 'BUCKET_DELETED',
      data: { payloadType: 'BUCKET_DELETED', bucketName: 'my-photos', bucketId: bucket.bucketId, revision: 5 },
    });
  });
});
