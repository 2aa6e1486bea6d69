import type { ObjectMetadata } from './object-metadata.ts';

/**
 * What is known after one more event, whichever of the two happened first: the newer one wins, the older one fills what the newer did
 * not say. Events that say everything (all of the object service's) give the same in any order; among three or more of the seed's bare
 * form, a hole is filled by the first older event that comes.
 */
export function mergeMetadata(known: ObjectMetadata, incoming: ObjectMetadata): ObjectMetadata {
  const [newer, older] = isNewer(incoming, known) ? [incoming, known] : [known, incoming];
  return {
    ...newer,
    bucketId: newer.bucketId ?? older.bucketId,
    description: newer.description ?? older.description,
    tags: newer.tags ?? older.tags,
    accessLevel: newer.accessLevel ?? older.accessLevel,
    size: newer.size ?? older.size,
    contentType: newer.contentType ?? older.contentType,
    etag: newer.etag ?? older.etag,
    revision: newer.revision ?? older.revision,
    createdAt: earlierOf(older.createdAt, newer.createdAt),
  };
}

/** By the producer's revision where both have one; clocks decide only between events of the bare form. */
function isNewer(incoming: ObjectMetadata, known: ObjectMetadata): boolean {
  if (incoming.revision !== null && known.revision !== null) return incoming.revision > known.revision;
  return incoming.occurredAt > known.occurredAt;
}

function earlierOf(first: string, second: string): string {
  const isFirst = first < second;
  return isFirst ? first : second;
}
