import { defineRoute, type Route, validationFailed } from '@throughline/http';
import { objectNameFault } from '../domain/object-name.ts';
import { servedContentType } from '../domain/served-content.ts';
import { LABEL_HEADERS, readLabelHeaders } from './label-headers.ts';
import { OBJECT_PATH } from './object-path.ts';
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
    rawBody: { contentType: 'application/octet-stream' },
    responses: {
      200: { description: 'The object was overwritten, or has a new version.', schema: UPLOAD_RESULT },
      201: { description: 'The object was created.', schema: UPLOAD_RESULT },
      412: { description: '`precondition_failed`: If-Match or If-None-Match does not hold.' },
      413: { description: '`object_too_large`' },
      507: { description: '`storage_full`' },
    },
    handler: async ({ path, headers, request, requirePrincipal }) => {
      const { labels, errors } = readLabelHeaders(headers);
      const nameFault = objectNameFault(path.name);
      if (nameFault !== undefined) errors.unshift({ field: 'path/name', message: nameFault });
      if (errors.length > 0) throw validationFailed(errors);
      const { userId } = requirePrincipal();
      refuseByLength(dependencies, request.headers['content-length']);
      const asked = { atMs: performance.now(), bucket: await resolveBucket(dependencies.buckets, userId, path.bucket) };
      const isAllowed = conditionOf(request.headers, 'PUT');
      if (isConditional(request.headers) && !isAllowed(await dependencies.reader.ofOwner(userId, path.bucket, path.name))) {
        throw preconditionFailed();
      }
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
