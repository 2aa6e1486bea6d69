import type { AccessLevel } from './object-labels.ts';
import type { StoredObject } from './stored-object.ts';

/** Payload of OBJECT_CREATED and OBJECT_UPDATED; the contract in contracts/object-storage says which fields are optional. */
export interface ObjectChangedPayload {
  readonly payloadType: 'OBJECT_CREATED' | 'OBJECT_UPDATED';
  readonly objectId: string;
  readonly bucketName: string;
  readonly fileName: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly accessLevel: AccessLevel;
  readonly versionEnabled: boolean;
  readonly bucketId: string;
  readonly size: number;
  readonly etag: string;
  readonly contentType: string;
  readonly versionId: string;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Payload of OBJECT_DELETED. */
export interface ObjectDeletedPayload {
  readonly payloadType: 'OBJECT_DELETED';
  readonly objectId: string;
  readonly bucketName: string;
  readonly fileName: string;
  readonly bucketId: string;
  readonly revision: number;
}

/** What this service publishes; `type` is the event's type. */
export interface ObjectEvent<Data = ObjectChangedPayload | ObjectDeletedPayload> {
  readonly type: 'OBJECT_CREATED' | 'OBJECT_UPDATED' | 'OBJECT_DELETED';
  readonly key: string;
  readonly subject: string;
  readonly ownerId: string;
  readonly data: Data;
}

/** The event of an object that was stored or changed. */
export function objectChanged(
  type: 'OBJECT_CREATED' | 'OBJECT_UPDATED',
  object: StoredObject,
): ObjectEvent<ObjectChangedPayload> {
  const data: ObjectChangedPayload = {
    payloadType: type,
    objectId: object.objectId,
    bucketName: object.bucketName,
    fileName: object.fileName,
    description: object.description,
    tags: object.tags,
    accessLevel: object.accessLevel,
    versionEnabled: object.versionEnabled,
    bucketId: object.bucketId,
    size: object.size,
    etag: object.etag,
    contentType: object.contentType,
    versionId: object.versionId,
    revision: object.revision,
    createdAt: object.createdAt.toISOString(),
    updatedAt: object.updatedAt.toISOString(),
  };
  return { type, key: object.objectId, subject: object.objectId, ownerId: object.ownerId, data };
}

/** What is left to say of an object that is gone. */
export interface DeletedObject {
  readonly objectId: string;
  readonly bucketId: string;
  readonly bucketName: string;
  readonly ownerId: string;
  readonly fileName: string;
  /** Of its last change; the deletion is one more. */
  readonly revision: number;
}

/** The event of a deleted object. */
export function objectDeleted(object: DeletedObject): ObjectEvent<ObjectDeletedPayload> {
  const data: ObjectDeletedPayload = {
    payloadType: 'OBJECT_DELETED',
    objectId: object.objectId,
    bucketName: object.bucketName,
    fileName: object.fileName,
    bucketId: object.bucketId,
    revision: object.revision + 1,
  };
  return { type: 'OBJECT_DELETED', key: object.objectId, subject: object.objectId, ownerId: object.ownerId, data };
}
