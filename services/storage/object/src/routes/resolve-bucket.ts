import type { BucketDirectory } from '../adapters/bucket-directory.ts';
import type { BucketStatement } from '../adapters/bucket-rows.ts';
import { bucketNotFound, bucketServiceUnavailable } from './problems.ts';

const BUCKET_NAME = /^[a-z0-9.-]{3,63}$/;

/** False for text that no bucket can be named; it is not looked up anywhere. */
export function isBucketName(text: string): boolean {
  return BUCKET_NAME.test(text);
}

/** The caller's present bucket of that name, as the bucket service says now. @throws {Problem} 404 `bucket_not_found`, 503 `bucket_service_unavailable`. */
export async function resolveBucket(buckets: BucketDirectory, ownerId: string, name: string): Promise<BucketStatement> {
  if (!isBucketName(name)) throw bucketNotFound();
  const answer = await buckets.find(ownerId, name);
  if (answer.outcome === 'found') return answer.bucket;
  throw answer.outcome === 'absent' ? bucketNotFound() : bucketServiceUnavailable();
}
