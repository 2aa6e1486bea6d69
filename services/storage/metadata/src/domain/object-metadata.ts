import type { AccessLevel } from './object-events.ts';

/** What is known of an object; null where no event said it yet. Times are RFC 3339 in UTC with microseconds. */
export interface ObjectMetadata {
  readonly objectId: string;
  readonly bucketId: string | null;
  readonly ownerId: string;
  readonly bucketName: string;
  readonly fileName: string;
  readonly description: string | null;
  readonly tags: readonly string[] | null;
  readonly accessLevel: AccessLevel | null;
  readonly size: number | null;
  readonly contentType: string | null;
  readonly etag: string | null;
  /** Rises by 1 with each change of the object; null when the producer does not count. */
  readonly revision: number | null;
  /** When the newest change known here happened. */
  readonly occurredAt: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** One version of an object's bytes and description. */
export interface ObjectVersion {
  readonly versionId: string;
  readonly objectId: string;
  readonly revision: number | null;
  readonly createdAt: string;
  readonly size: number | null;
  readonly etag: string | null;
  readonly accessLevel: AccessLevel | null;
}
