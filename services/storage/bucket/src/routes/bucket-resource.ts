import { Problem } from '@throughline/http';
import { type Static, Type } from 'typebox';
import type { Bucket } from '../domain/bucket.ts';
import { BUCKET_NAME_PATTERN } from '../domain/bucket-name.ts';

/** A bucket as answers show it. */
export const BUCKET_RESOURCE = Type.Object({
  bucketId: Type.String({ format: 'uuid' }),
  name: Type.String(),
  versioningEnabled: Type.Boolean(),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  ownerId: Type.String(),
});

/** Which bucket, in paths. Any text: what cannot be a name is not found. */
export const BUCKET_PATH = Type.Object({ bucket: Type.String({ examples: ['my-photos'] }) });

export function toResource(bucket: Bucket): Static<typeof BUCKET_RESOURCE> {
  return {
    bucketId: bucket.bucketId,
    name: bucket.name,
    versioningEnabled: bucket.versioningEnabled,
    createdAt: bucket.createdAt.toISOString(),
    updatedAt: bucket.updatedAt.toISOString(),
    ownerId: bucket.ownerId,
  };
}

const BUCKET_NAME = new RegExp(BUCKET_NAME_PATTERN, 'u');

/** False for text that no bucket can be named; it need not, and with a NUL cannot, be looked up. */
export function isBucketName(text: string): boolean {
  return BUCKET_NAME.test(text);
}

/** The same answer for a bucket that does not exist and one that is somebody else's. */
export function bucketNotFound(): Problem {
  return new Problem({ kind: 'not-found', code: 'bucket_not_found', detail: 'You have no bucket of this name.' });
}
