import type { Event } from '@throughline/events';
import type { ObjectWrittenPayload } from './object-events.ts';
import { readChange } from './read-change.ts';

const objectId = '0af73ea9-7735-4f6b-8da6-7378bfea504a';
const eventId = 'd3d5f127-a8fc-4422-8496-5e04f6b2da65';
const time = '2026-01-06T10:14:52.643695Z';

function eventOf(type: string, data: Partial<ObjectWrittenPayload>): Event<ObjectWrittenPayload> {
  const bare = { objectId, bucketName: 'my-photos', fileName: 'image.png', versionEnabled: false };
  return { id: eventId, source: 'OBJECT_SERVICE', type, time, data: { ...bare, ...data } };
}

describe('readChange', () => {
  it('lets the time and the id of the event stand in where the bare form says nothing', () => {
    const { metadata, version } = readChange(eventOf('OBJECT_CREATED', {}), 'owner');
    expect(metadata).toMatchObject({
      createdAt: time,
      updatedAt: time,
      occurredAt: time,
      description: null,
      tags: null,
      revision: null,
    });
    expect(version).toEqual({
      versionId: eventId,
      objectId,
      revision: null,
      createdAt: time,
      size: null,
      etag: null,
      accessLevel: null,
    });
  });

  it('takes what the event says over what stands in', () => {
    const data = {
      versionId: objectId,
      size: 7,
      etag: 'ab',
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-02T00:00:00.5Z',
    };
    const { metadata, version } = readChange(eventOf('OBJECT_UPDATED', data), 'owner');
    expect(metadata).toMatchObject({
      createdAt: '2026-01-01T00:00:00.000000Z',
      updatedAt: '2026-01-02T00:00:00.500000Z',
      size: 7,
    });
    expect(version).toEqual({
      versionId: objectId,
      objectId,
      revision: null,
      createdAt: '2026-01-02T00:00:00.500000Z',
      size: 7,
      etag: 'ab',
      accessLevel: null,
    });
  });

  it.each([
    ['OBJECT_CREATED', false, true],
    ['OBJECT_UPDATED', false, false],
    ['OBJECT_UPDATED', true, true],
  ])('%s with versionEnabled %s makes a version: %s', (type, versionEnabled, makesVersion) => {
    expect(readChange(eventOf(type, { versionEnabled }), 'owner').version !== undefined).toBe(makesVersion);
  });
});
