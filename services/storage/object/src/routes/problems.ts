import { Problem } from '@throughline/http';

/** The same for a bucket that does not exist and one that is somebody else's. */
export function bucketNotFound(): Problem {
  return new Problem({ kind: 'not-found', code: 'bucket_not_found', detail: 'You have no bucket of this name.' });
}

/** The same for an object that does not exist and one that the caller may not see. */
export function objectNotFound(): Problem {
  return new Problem({
    kind: 'not-found',
    code: 'object_not_found',
    detail: 'There is no object of this name that you may see.',
  });
}

export function bucketServiceUnavailable(): Problem {
  return new Problem({
    kind: 'unavailable',
    code: 'bucket_service_unavailable',
    detail: 'The bucket service does not answer at the moment, so nothing can be written. The same request may succeed shortly.',
    headers: { 'retry-after': '2' },
  });
}

export function preconditionFailed(): Problem {
  return new Problem({
    kind: 'precondition-failed',
    code: 'precondition_failed',
    detail: 'The object is not in the state that the request names as its condition.',
  });
}

export function objectTooLarge(maxObjectBytes: number): Problem {
  return new Problem({ kind: 'too-large', code: 'object_too_large', detail: `An object has at most ${maxObjectBytes} bytes.` });
}

export function quotaExceeded(detail: string): Problem {
  return new Problem({ kind: 'forbidden', code: 'quota_exceeded', detail });
}

export function storageFull(): Problem {
  return new Problem({
    kind: 'insufficient-storage',
    code: 'storage_full',
    detail: 'There is no space left to store this object. Nothing of it was kept.',
  });
}

export function uploadLost(): Problem {
  return new Problem({
    kind: 'unavailable',
    code: 'upload_lost',
    detail: 'The upload was taken for abandoned before it ended. Nothing of it was kept; send it again.',
    headers: { 'retry-after': '1' },
  });
}
