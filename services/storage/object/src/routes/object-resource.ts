import { type Static, Type } from 'typebox';
import type { StoredObject } from '../domain/stored-object.ts';

const ACCESS_LEVEL = Type.Union([Type.Literal('PRIVATE'), Type.Literal('PUBLIC')]);

/** An object as lists and changes show it. */
export const OBJECT_RESOURCE = Type.Object({
  objectId: Type.String({ format: 'uuid' }),
  ownerId: Type.String(),
  bucketName: Type.String(),
  fileName: Type.String(),
  description: Type.String(),
  tags: Type.Array(Type.String()),
  accessLevel: ACCESS_LEVEL,
  size: Type.Integer({ description: 'Bytes.' }),
  etag: Type.String({ description: 'SHA-256 of the bytes, hexadecimal; the ETag without its quotes.' }),
  contentType: Type.String(),
  versionId: Type.String({ format: 'uuid' }),
  versionEnabled: Type.Boolean({ description: 'Whether the bucket keeps versions.' }),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
});

/** What an upload is answered with. */
export const UPLOAD_RESULT = Type.Object({
  objectId: Type.String({ format: 'uuid' }),
  ownerId: Type.String(),
  bucketName: Type.String(),
  fileName: Type.String(),
  size: Type.Integer({ description: 'Bytes.' }),
  etag: Type.String({ description: 'SHA-256 of the bytes, hexadecimal; the ETag without its quotes.' }),
  versionId: Type.String({ format: 'uuid' }),
});

export function toResource(object: StoredObject): Static<typeof OBJECT_RESOURCE> {
  return {
    objectId: object.objectId,
    ownerId: object.ownerId,
    bucketName: object.bucketName,
    fileName: object.fileName,
    description: object.description,
    tags: [...object.tags],
    accessLevel: object.accessLevel,
    size: object.size,
    etag: object.etag,
    contentType: object.contentType,
    versionId: object.versionId,
    versionEnabled: object.versionEnabled,
    createdAt: object.createdAt.toISOString(),
    updatedAt: object.updatedAt.toISOString(),
  };
}

export function toUploadResult(object: StoredObject): Static<typeof UPLOAD_RESULT> {
  const { objectId, ownerId, bucketName, fileName, size, etag, versionId } = object;
  return { objectId, ownerId, bucketName, fileName, size, etag, versionId };
}

/** The entity tag as it stands in a header. */
export function entityTag(etag: string): string {
  return `"${etag}"`;
}

/** The object's path under its owner's token. */
export function locationOf(object: StoredObject): string {
  const name = object.fileName.split('/').map(encodeURIComponent).join('/');
  return `/storage/buckets/${encodeURIComponent(object.bucketName)}/objects/${name}`;
}
