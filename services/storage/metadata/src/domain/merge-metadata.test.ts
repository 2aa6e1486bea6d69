import { mergeMetadata } from './merge-metadata.ts';
import type { ObjectMetadata } from './object-metadata.ts';

function metadata(overrides: Partial<ObjectMetadata>): ObjectMetadata {
  return {
    objectId: '0af73ea9-7735-4f6b-8da6-7378bfea504a',
    bucketId: null,
    ownerId: 'owner',
    bucketName: 'my-photos',
    fileName: 'image.png',
    description: null,
    tags: null,
    accessLevel: null,
    size: null,
    contentType: null,
    etag: null,
    revision: null,
    occurredAt: '2026-01-06T10:00:00.000000Z',
    createdAt: '2026-01-06T10:00:00.000000Z',
    updatedAt: '2026-01-06T10:00:00.000000Z',
    ...overrides,
  };
}

describe('mergeMetadata', () => {
  it('goes by the revision and not by the clock where both have one', () => {
    const first = metadata({ revision: 1, description: 'first', occurredAt: '2026-01-06T11:00:00.000000Z' });
    const second = metadata({ revision: 2, description: 'second' });
    expect(mergeMetadata(first, second).description).toBe('second');
    expect(mergeMetadata(second, first).description).toBe('second');
  });

  it('goes by the clock between events of the bare form', () => {
    const first = metadata({ description: 'first' });
    const second = metadata({ description: 'second', occurredAt: '2026-01-06T11:00:00.000000Z' });
    expect(mergeMetadata(first, second).description).toBe('second');
    expect(mergeMetadata(second, first).description).toBe('second');
  });

  it('fills what the newer event did not say from the older one, whichever came first', () => {
    const created = metadata({ description: 'a photo', tags: ['a'], accessLevel: 'PUBLIC', size: 3 });
    const updated = metadata({ fileName: 'renamed.png', tags: [], occurredAt: '2026-01-06T11:00:00.000000Z' });
    const expected = { fileName: 'renamed.png', description: 'a photo', tags: [], accessLevel: 'PUBLIC', size: 3 };
    expect(mergeMetadata(created, updated)).toMatchObject(expected);
    expect(mergeMetadata(updated, created)).toMatchObject(expected);
  });

  it('keeps the earliest creation time and the newest change time', () => {
    const created = metadata({ revision: 1 });
    const updated = metadata({ revision: 2, createdAt: '2026-01-06T11:00:00.000000Z', updatedAt: '2026-01-06T11:00:00.000000Z' });
    const expected = { createdAt: '2026-01-06T10:00:00.000000Z', updatedAt: '2026-01-06T11:00:00.000000Z' };
    expect(mergeMetadata(created, updated)).toMatchObject(expected);
    expect(mergeMetadata(updated, created)).toMatchObject(expected);
  });

  it('changes nothing when the same event comes again', () => {
    const created = metadata({ revision: 1, description: 'a photo' });
    expect(mergeMetadata(created, created)).toEqual(created);
  });
});
