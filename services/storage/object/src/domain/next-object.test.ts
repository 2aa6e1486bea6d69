import { changedObject, createdObject } from './next-object.ts';
import type { KnownBucket } from './stored-object.ts';

const bucket: KnownBucket = { bucketId: 'b1', ownerId: 'u1', name: 'photos', versioningEnabled: false };
const bytes = { blobId: 'blob1', size: 3, etag: 'aa', contentType: 'text/plain' };
const otherBytes = { blobId: 'blob2', size: 5, etag: 'bb', contentType: 'image/png' };
const now = new Date('2026-01-06T10:00:00Z');
const later = new Date('2026-01-06T11:00:00Z');

const created = createdObject({ bucket, fileName: 'a/b.txt', bytes, labels: {}, objectId: 'o1', versionId: 'v1', now });
const versioned: KnownBucket = { ...bucket, versioningEnabled: true };

describe('createdObject', () => {
  it('has a first version, default labels and revision 1', () => {
    expect(created).toEqual({
      ...bytes,
      objectId: 'o1',
      bucketId: 'b1',
      bucketName: 'photos',
      ownerId: 'u1',
      fileName: 'a/b.txt',
      versionId: 'v1',
      versionEnabled: false,
      description: '',
      tags: [],
      accessLevel: 'PRIVATE',
      revision: 1,
      createdAt: now,
      updatedAt: now,
    });
  });
});

describe('changedObject', () => {
  it('replaces bytes under the same version where versions are off, and keeps the labels not named', () => {
    const current = { ...created, description: 'd', tags: ['t'] };
    const next = changedObject({
      current,
      bucket,
      bytes: otherBytes,
      labels: { accessLevel: 'PUBLIC' },
      newVersionId: 'v2',
      now: later,
    });
    expect(next.former).toBe('replaced');
    expect(next.object).toMatchObject({
      ...otherBytes,
      versionId: 'v1',
      description: 'd',
      tags: ['t'],
      accessLevel: 'PUBLIC',
      revision: 2,
    });
    expect(next.object).toMatchObject({ createdAt: now, updatedAt: later });
  });

  it('makes a version by new bytes where versions are on', () => {
    const next = changedObject({
      current: created,
      bucket: versioned,
      bytes: otherBytes,
      labels: {},
      newVersionId: 'v2',
      now: later,
    });
    expect(next).toMatchObject({ former: 'kept', object: { ...otherBytes, versionId: 'v2', versionEnabled: true } });
  });

  it('makes a version that shares its bytes by labels alone', () => {
    const next = changedObject({
      current: created,
      bucket: versioned,
      labels: { description: '', tags: ['x'] },
      newVersionId: 'v2',
      now: later,
    });
    expect(next).toMatchObject({ former: 'kept', object: { ...bytes, versionId: 'v2', tags: ['x'] } });
  });

  it('does not go back in time when clocks differ', () => {
    const next = changedObject({ current: { ...created, updatedAt: later }, bucket, labels: {}, newVersionId: 'v2', now });
    expect(next.object.updatedAt).toEqual(later);
  });
});
