import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, evaluatePreconditions } from '@throughline/http';
import type { BlobStore } from '../adapters/blob-store.ts';
import type { BucketDirectory } from '../adapters/bucket-directory.ts';
import type { BucketStatement } from '../adapters/bucket-rows.ts';
import type { ObjectReader } from '../adapters/find-object.ts';
import type { StoreObject, StoreResult } from '../adapters/store-object.ts';
import type { UploadRegistry } from '../adapters/upload-registry.ts';
import { type Quota, quotaFault } from '../domain/quota.ts';
import type { StoredObject } from '../domain/stored-object.ts';
import { entityTag, locationOf, toUploadResult } from './object-resource.ts';
import { bucketNotFound, objectTooLarge, preconditionFailed, quotaExceeded, storageFull, uploadLost } from './problems.ts';
import { resolveBucket } from './resolve-bucket.ts';

/** What uploads need. */
export interface UploadDependencies {
  readonly blobs: BlobStore;
  readonly uploads: UploadRegistry;
  readonly buckets: BucketDirectory;
  readonly reader: ObjectReader;
  readonly storeObject: StoreObject;
  readonly quota: Quota;
  readonly maxObjectBytes: number;
}

/** Bytes on disk that are nobody's yet. */
export interface ReceivedBytes {
  readonly blobId: string;
  readonly size: number;
  readonly etag: string;
}

/**
 * Takes the bytes of `source` and lets `commit` make something of them. Whatever happens, bytes that did not become a version are removed.
 * @throws {Problem} 413 `object_too_large`, 507 `storage_full`, and the refusals of `commit`.
 */
export async function receiveUpload(
  dependencies: UploadDependencies,
  source: AsyncIterable<Buffer>,
  commit: (bytes: ReceivedBytes) => Promise<(StoreResult & { outcome: 'stored' }) | Answer>,
): Promise<(StoreResult & { outcome: 'stored' }) | Answer> {
  const { blobs, uploads, maxObjectBytes } = dependencies;
  const blobId = await uploads.begin();
  let isStored = false;
  try {
    const received = await blobs.receive(blobId, source, { maxBytes: maxObjectBytes });
    if (received.outcome === 'too-large') throw objectTooLarge(maxObjectBytes);
    if (received.outcome === 'disk-full') throw storageFull();
    const result = await commit({ blobId, size: received.size, etag: received.etag });
    isStored = 'outcome' in result;
    return result;
  } finally {
    await uploads.end(blobId, { isStored });
  }
}

/** @throws {Problem} for every result but `stored`. */
export function requireStored(result: StoreResult): StoreResult & { outcome: 'stored' } {
  switch (result.outcome) {
    case 'stored':
      return result;
    case 'bucket-deleted':
      throw bucketNotFound();
    case 'precondition-failed':
      throw preconditionFailed();
    case 'quota-exceeded':
      throw quotaExceeded(result.detail);
    case 'upload-lost':
      throw uploadLost();
  }
}

/** Refuses by what the head of a request says, before its body is sent. @throws {Problem} 413 `object_too_large`, 403 `quota_exceeded` */
export function refuseByLength(dependencies: UploadDependencies, contentLength: string | undefined): void {
  const bytes = Number(contentLength ?? 0);
  if (bytes > dependencies.maxObjectBytes) throw objectTooLarge(dependencies.maxObjectBytes);
  // What is stored already does not count here: overwriting may set it free.
  const detail = quotaFault({ bytes, objects: 0 }, dependencies.quota);
  if (detail !== undefined) throw quotaExceeded(detail);
}

const FRESH_MS = 1_000;

/** The bucket for the commit: asked again when the body took so long that the first answer may be history. */
export async function currentBucket(
  dependencies: UploadDependencies,
  asked: { bucket: BucketStatement; atMs: number },
): Promise<BucketStatement> {
  if (performance.now() - asked.atMs < FRESH_MS) return asked.bucket;
  return resolveBucket(dependencies.buckets, asked.bucket.ownerId, asked.bucket.name);
}

/** Whether a conditional write may go on from `current`. */
export function conditionOf(headers: IncomingHttpHeaders, method: string): (current: StoredObject | undefined) => boolean {
  return (current) =>
    evaluatePreconditions({
      etag: current && entityTag(current.etag),
      ...(current && { lastModified: current.updatedAt }),
      headers,
      method,
    }) === 'proceed';
}

/** The answer to an upload: 201, or 200 where `isReplacement`. */
export function uploadAnswer(object: StoredObject, { isReplacement }: { isReplacement: boolean }): Answer {
  return {
    status: isReplacement ? 200 : 201,
    body: toUploadResult(object),
    headers: { etag: entityTag(object.etag), location: locationOf(object) },
  };
}
