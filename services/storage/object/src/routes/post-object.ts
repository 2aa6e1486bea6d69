import { type Answer, defineRoute, type Route, validationFailed } from '@throughline/http';
import { Type } from 'typebox';
import type { StoreResult } from '../adapters/store-object.ts';
import { servedContentType } from '../domain/served-content.ts';
import { BUCKET_PATH } from './object-path.ts';
import { UPLOAD_RESULT } from './object-resource.ts';
import { readMultipart, type UploadForm } from './read-multipart.ts';
import {
  conditionOf,
  currentBucket,
  type ReceivedBytes,
  receiveUpload,
  refuseByLength,
  requireStored,
  type UploadDependencies,
  uploadAnswer,
} from './receive-upload.ts';
import { resolveBucket } from './resolve-bucket.ts';

/** `POST …/objects`: a form with the file `file`, whose file name is the object's name, and labels. Idempotency-Key covers labels and bytes. */
export function postObjectRoute(dependencies: UploadDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/storage/buckets/{bucket}/objects',
    operationId: 'postObject',
    summary: 'Store an object from a form',
    auth: 'required',
    scopes: ['storage:write'],
    idempotent: true,
    pathSchema: BUCKET_PATH,
    rawBody: {
      contentType: 'multipart/form-data',
      schema: Type.Object({
        file: Type.String({ format: 'binary' }),
        description: Type.Optional(Type.String({ maxLength: 2048 })),
        tags: Type.Optional(Type.String({ description: 'Comma list.' })),
        accessLevel: Type.Optional(Type.Union([Type.Literal('PRIVATE'), Type.Literal('PUBLIC')])),
      }),
    },
    responses: {
      201: { description: 'The object was stored.', schema: UPLOAD_RESULT },
      403: { description: '`scope_missing`, `quota_exceeded`' },
      404: { description: '`bucket_not_found`' },
      412: { description: '`precondition_failed`: If-Match or If-None-Match does not hold.' },
      413: { description: '`object_too_large`' },
      415: { description: '`unsupported_media_type`' },
      507: { description: '`storage_full`' },
    },
    handler: async ({ path, request, acceptBody, requirePrincipal, idempotency }) => {
      const { userId } = requirePrincipal();
      // Under a key the body comes first: what is compared with the stored answer is the whole request.
      const isRefusedEarly = idempotency === undefined;
      if (isRefusedEarly) refuseByLength(dependencies, request.headers['content-length']);
      const ask = async () => ({
        atMs: performance.now(),
        bucket: await resolveBucket(dependencies.buckets, userId, path.bucket),
      });
      const asked = isRefusedEarly ? await ask() : undefined;

      const commit = async (
        form: UploadForm,
        bytes: ReceivedBytes | undefined,
      ): Promise<(StoreResult & { outcome: 'stored' }) | Answer> => {
        const replayed = idempotency?.resolveFingerprint(fingerprint(form, bytes));
        if (replayed !== undefined) return replayed;
        if (form.errors.length > 0 || bytes === undefined) throw validationFailed(form.errors);
        const bucket = await currentBucket(dependencies, asked ?? (await ask()));
        return requireStored(
          await dependencies.storeObject({
            bucket,
            fileName: form.fileName,
            bytes: { ...bytes, contentType: servedContentType(form.contentType) },
            labels: form.labels,
            isAllowed: conditionOf(request.headers, 'POST'),
            ...(idempotency && {
              beforeCommit: (tx, { object }) => idempotency.complete(uploadAnswer(object, { isReplacement: false }), tx),
            }),
          }),
        );
      };
      acceptBody();
      const result = await readMultipart(request, async (file, form) => {
        if (file === undefined) return commit(await form, undefined);
        return receiveUpload(dependencies, file, async (bytes) => commit(await form, bytes));
      });
      return 'outcome' in result ? uploadAnswer(result.object, { isReplacement: false }) : result;
    },
  });
}

function fingerprint(form: UploadForm, bytes: ReceivedBytes | undefined): string {
  return JSON.stringify([form.fileName, form.contentType, form.labels, bytes?.etag ?? null]);
}
