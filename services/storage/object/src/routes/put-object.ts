import type { IncomingHttpHeaders } from 'node:http';
import { defineRoute, Problem, type Route } from '@throughline/http';
import { servedContentType } from '../domain/served-content.ts';
import { LABEL_HEADER_CHECKS, LABEL_HEADERS, readLabelHeaders } from './label-headers.ts';
import { OBJECT_NAME_CHECK, OBJECT_PATH } from './object-path.ts';
import { UPLOAD_RESULT } from './object-resource.ts';
import { preconditionFailed } from './problems.ts';
import {
  conditionOf,
  currentBucket,
  receiveUpload,
  refuseByLength,
  requireStored,
  type UploadDependencies,
  uploadAnswer,
} from './receive-upload.ts';
import { resolveBucket } from './resolve-bucket.ts';

/** `PUT …/objects/{name}`: the raw body becomes the object, or its next version. Labels that no header names stay as they are. */
export function putObjectRoute(dependencies: UploadDependencies): Route {
  return defineRoute({
    method: 'PUT',
    path: '/storage/buckets/{bucket}/objects/{name+}',
    operationId: 'putObject',
    summary: 'Store an object',
    auth: 'required',
    scopes: ['storage:write'],
    pathSchema: OBJECT_PATH,
    headersSchema: LABEL_HEADERS,
    fieldChecks: { ...OBJECT_NAME_CHECK, ...LABEL_HEADER_CHECKS },
    rawBody: { contentType: 'application/octet-stream' },
    responses: {
      200: { description: 'The object was overwritten, or has a new version.', schema: UPLOAD_RESULT },
      201: { description: 'The object was created.', schema: UPLOAD_RESULT },
      403: { description: '`scope_missing`, `quota_exceeded`' },
      404: { description: '`bucket_not_found`' },
      412: { description: '`precondition_failed`: If-Match or If-None-Match does not hold.' },
      413: { description: '`object_too_large`' },
      415: { description: '`content_coding_unsupported`: there is a Content-Encoding.' },
      507: { description: '`storage_full`' },
    },
    handler: async ({ path, headers, request, acceptBody, requirePrincipal }) => {
      const { labels } = readLabelHeaders(headers);
      const { userId } = requirePrincipal();
      refuseUnsupportedContent(request.headers);
      refuseByLength(dependencies, request.headers['content-length']);
      const asked = { atMs: performance.now(), bucket: await resolveBucket(dependencies.buckets, userId, path.bucket) };
      const isAllowed = conditionOf(request.headers, 'PUT');
      if (isConditional(request.headers) && !isAllowed(await dependencies.reader.inBucket(asked.bucket.bucketId, path.name))) {
        throw preconditionFailed();
      }
      acceptBody();
      // Leaving the loop early must not destroy the request: the refusal still has to be sent over its connection.
      const source = request.iterator({ destroyOnReturn: false });
      try {
        const stored = await receiveUpload(dependencies, source, async (bytes) => {
          const bucket = await currentBucket(dependencies, asked);
          const contentType = servedContentType(request.headers['content-type']);
          const upload = { bucket, fileName: path.name, bytes: { ...bytes, contentType }, labels, isAllowed };
          return requireStored(await dependencies.storeObject(upload));
        });
        return 'outcome' in stored ? uploadAnswer(stored.object, { isReplacement: !stored.isNew }) : stored;
      } finally {
        // What a refused body still brings is thrown away, so that its sender gets to the answer.
        request.resume();
      }
    },
  });
}

function isConditional(headers: Readonly<Record<string, unknown>>): boolean {
  return ['if-match', 'if-none-match', 'if-unmodified-since'].some((name) => headers[name] !== undefined);
}

/** A coding that is not stored would be missing when the bytes are read, and a part would be taken for the whole (RFC 9110 §8.4, §14.5). */
function refuseUnsupportedContent(headers: IncomingHttpHeaders): void {
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') {
    throw new Problem({
      kind: 'unsupported-media-type',
      code: 'content_coding_unsupported',
      detail: 'Objects are stored as they are sent, without a Content-Encoding.',
      headers: { 'accept-encoding': 'identity' },
    });
  }
  if (headers['content-range'] !== undefined) {
    const detail = 'An object is stored as a whole; Content-Range does not go with PUT.';
    throw new Problem({ kind: 'malformed', code: 'content_range_unsupported', detail });
  }
}
