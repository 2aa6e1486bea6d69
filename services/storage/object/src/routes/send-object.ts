import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, type ByteRange, evaluatePreconditions, isRangeCurrent, Problem, parseRange } from '@throughline/http';
import type { BlobStore } from '../adapters/blob-store.ts';
import { contentDisposition, INERT_CONTENT_HEADERS } from '../domain/served-content.ts';
import type { StoredBytes, StoredObject } from '../domain/stored-object.ts';
import { entityTag } from './object-resource.ts';
import { preconditionFailed } from './problems.ts';
import type { SendFile } from './send-file.ts';

/** An object as it is to be sent: its present version or a former one. */
export interface SentObject {
  readonly object: StoredObject;
  readonly bytes: StoredBytes;
  readonly versionId: string;
  readonly lastModified: Date;
  /** Whether everybody may read these bytes, so that shared caches may keep them. */
  readonly isPublic: boolean;
}

/**
 * Answers GET and HEAD as RFC 9110 says: conditions first, then one range. `gone`: the bytes were removed since the object was looked up, and nothing was sent.
 * @throws {Problem} 412 `precondition_failed`, 416 `range_not_satisfiable`.
 */
export async function sendObject(
  exchange: { request: IncomingMessage; response: ServerResponse },
  sent: SentObject,
  { blobs, sendFile }: { blobs: BlobStore; sendFile: SendFile },
): Promise<Answer | 'streamed' | 'gone'> {
  const { request, response } = exchange;
  const method = request.method ?? 'GET';
  const { size, etag } = sent.bytes;
  const validators = { etag: entityTag(etag), lastModified: sent.lastModified, headers: request.headers };
  const verdict = evaluatePreconditions({ ...validators, method });
  if (verdict === 'failed') throw preconditionFailed();
  if (verdict === 'not-modified') return { status: 304, headers: validatorHeaders(sent) };
  const asked = method === 'GET' && isRangeCurrent(validators) ? parseRange(request.headers.range, size) : 'whole';
  if (asked === 'unsatisfiable') throw rangeNotSatisfiable(size);
  const range = asked === 'whole' ? undefined : asked;
  const length = range === undefined ? size : range.end - range.start + 1;
  const headers = contentHeaders(sent, { range, length });
  if (method === 'HEAD') {
    response.writeHead(200, headers).end();
    return 'streamed';
  }
  const handle = await blobs.open(sent.bytes.blobId);
  if (handle === undefined) return 'gone';
  response.writeHead(range === undefined ? 200 : 206, headers);
  await sendFile(handle, response, { start: range?.start ?? 0, length });
  return 'streamed';
}

function validatorHeaders(sent: SentObject): Record<string, string> {
  return {
    etag: entityTag(sent.bytes.etag),
    'last-modified': sent.lastModified.toUTCString(),
    'cache-control': `${sent.isPublic ? 'public' : 'private'}, no-cache`,
    vary: 'authorization',
  };
}

function contentHeaders(
  sent: SentObject,
  { range, length }: { range: ByteRange | undefined; length: number },
): Record<string, string | number> {
  const { object, bytes } = sent;
  return {
    ...validatorHeaders(sent),
    ...INERT_CONTENT_HEADERS,
    'content-type': bytes.contentType,
    'content-length': length,
    'content-disposition': contentDisposition(object.fileName, bytes.contentType),
    'accept-ranges': 'bytes',
    'x-object-id': object.objectId,
    'x-object-owner': object.ownerId,
    'x-object-access': object.accessLevel,
    'x-object-version': sent.versionId,
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${bytes.size}` }),
  };
}

function rangeNotSatisfiable(size: number): Problem {
  return new Problem({
    kind: 'range-not-satisfiable',
    code: 'range_not_satisfiable',
    detail: `The object has ${size} bytes.`,
    headers: { 'content-range': `bytes */${size}` },
  });
}
