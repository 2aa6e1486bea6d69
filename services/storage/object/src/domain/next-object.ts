import { DEFAULT_LABELS, type ObjectLabels } from './object-labels.ts';
import type { KnownBucket, StoredBytes, StoredObject } from './stored-object.ts';

/** Labels of a request; what it does not name stays as it is. */
export type LabelChanges = { readonly [Label in keyof ObjectLabels]?: ObjectLabels[Label] | undefined };

/** Where the bytes of the present version go: into the history, or away. */
export type FormerVersion = 'kept' | 'replaced';

export interface NextObject {
  readonly object: StoredObject;
  readonly former: FormerVersion;
}

function withChanges(labels: ObjectLabels, changes: LabelChanges): ObjectLabels {
  return {
    description: changes.description ?? labels.description,
    tags: changes.tags ?? labels.tags,
    accessLevel: changes.accessLevel ?? labels.accessLevel,
  };
}

/** An object's first form. It has a version whether or not its bucket keeps them. */
export function createdObject(given: {
  bucket: KnownBucket;
  fileName: string;
  bytes: StoredBytes;
  labels: LabelChanges;
  objectId: string;
  versionId: string;
  now: Date;
}): StoredObject {
  const { bucket } = given;
  return {
    ...withChanges(DEFAULT_LABELS, given.labels),
    ...given.bytes,
    objectId: given.objectId,
    bucketId: bucket.bucketId,
    bucketName: bucket.name,
    ownerId: bucket.ownerId,
    fileName: given.fileName,
    versionId: given.versionId,
    versionEnabled: bucket.versioningEnabled,
    revision: 1,
    createdAt: given.now,
    updatedAt: given.now,
  };
}

/**
 * What `current` becomes by new bytes, new labels or both. In a bucket that keeps versions that is a new version;
 * otherwise the present version changes under its id. A new version without new bytes shares those of the one before.
 */
export function changedObject(given: {
  current: StoredObject;
  bucket: KnownBucket;
  bytes?: StoredBytes;
  labels: LabelChanges;
  newVersionId: string;
  now: Date;
}): NextObject {
  const { current, bucket, now } = given;
  const isKept = bucket.versioningEnabled;
  const object = {
    ...current,
    ...given.bytes,
    ...withChanges(current, given.labels),
    versionId: isKept ? given.newVersionId : current.versionId,
    versionEnabled: bucket.versioningEnabled,
    revision: current.revision + 1,
    updatedAt: new Date(Math.max(now.getTime(), current.updatedAt.getTime())),
  };
  return { object, former: isKept ? 'kept' : 'replaced' };
}
