import type { AccessLevel, ObjectLabels } from './object-labels.ts';

/** A bucket as far as this service knows it. */
export interface KnownBucket {
  readonly bucketId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly versioningEnabled: boolean;
}

/** Bytes that are on disk, and what is known of them. */
export interface StoredBytes {
  readonly blobId: string;
  readonly size: number;
  /** SHA-256 of the bytes, lower-case hex: the entity tag without its quotes. */
  readonly etag: string;
  readonly contentType: string;
}

/** An object with its current version. */
export interface StoredObject extends ObjectLabels, StoredBytes {
  readonly objectId: string;
  readonly bucketId: string;
  readonly bucketName: string;
  readonly ownerId: string;
  readonly fileName: string;
  readonly versionId: string;
  /** Whether its bucket keeps versions. */
  readonly versionEnabled: boolean;
  /** Rises by one with each change of the object. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One version, readable by everybody only when both it and its object are PUBLIC. */
export interface ObjectVersion extends StoredBytes {
  readonly versionId: string;
  readonly accessLevel: AccessLevel;
  readonly createdAt: Date;
}
