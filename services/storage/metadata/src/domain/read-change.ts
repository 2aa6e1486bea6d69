import type { Event } from '@throughline/events';
import { normaliseTime } from './normalise-time.ts';
import type { ObjectWrittenPayload } from './object-events.ts';
import type { ObjectMetadata, ObjectVersion } from './object-metadata.ts';

/** What one OBJECT_CREATED or OBJECT_UPDATED means for the search. */
export interface ObjectChange {
  readonly metadata: ObjectMetadata;
  /** The version that the event made or wrote over, if any. */
  readonly version: ObjectVersion | undefined;
}

/**
 * Reads an event of either form. The seed's bare form names neither times nor a version: the event's time and id stand in,
 * so that the same event always means the same version.
 */
export function readChange(event: Event<ObjectWrittenPayload>, ownerId: string): ObjectChange {
  const { data } = event;
  const occurredAt = normaliseTime(event.time);
  const updatedAt = data.updatedAt === undefined ? occurredAt : normaliseTime(data.updatedAt);
  const metadata: ObjectMetadata = {
    objectId: data.objectId,
    bucketId: data.bucketId ?? null,
    ownerId,
    bucketName: data.bucketName,
    fileName: data.fileName,
    description: data.description ?? null,
    tags: data.tags ?? null,
    accessLevel: data.accessLevel ?? null,
    size: data.size ?? null,
    contentType: data.contentType ?? null,
    etag: data.etag ?? null,
    revision: data.revision ?? null,
    occurredAt,
    createdAt: data.createdAt === undefined ? occurredAt : normaliseTime(data.createdAt),
    updatedAt,
  };
  return { metadata, version: readVersion(event, metadata) };
}

/**
 * A creation always makes the first version. An update names a new one, or, without versioning, the one that it wrote over;
 * in the bare form it makes one when versioning is on.
 */
function readVersion(event: Event<ObjectWrittenPayload>, metadata: ObjectMetadata): ObjectVersion | undefined {
  const { versionId, versionEnabled } = event.data;
  if (event.type !== 'OBJECT_CREATED' && versionId === undefined && !versionEnabled) return undefined;
  return {
    versionId: versionId ?? event.id,
    objectId: metadata.objectId,
    revision: metadata.revision,
    createdAt: metadata.updatedAt,
    size: metadata.size,
    etag: metadata.etag,
    accessLevel: metadata.accessLevel,
  };
}
