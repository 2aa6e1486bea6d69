import type { StorageSession } from '../storage-client/storage-client.ts';
import type { UploadCheck } from './check-uploads.ts';
import { listSearch } from './list-search.ts';
import type { UploadOffers } from './offer-uploads.ts';
import { outcomeOfError, outcomeOfReply } from './upload-outcome.ts';

/** Uploads, downloads and searches small objects of a run, in a bucket of its own; the content of an object follows from its name. */
export type ObjectTrial = Pick<UploadOffers, 'upload'> & Pick<UploadCheck, 'download' | 'list'>;

/** Makes the bucket. */
export async function openObjectTrial(options: {
  readonly session: StorageSession;
  readonly bucket: string;
  /** How long an answer to an upload is waited for, milliseconds. */
  readonly timeoutMs: number;
}): Promise<ObjectTrial> {
  const { session, bucket, timeoutMs } = options;
  await session.createBucket(bucket);
  return {
    upload: (name) =>
      session
        .tryUpload({ bucket, name, bytes: contentOf(name), timeoutMs })
        .then(outcomeOfReply)
        .catch(outcomeOfError),
    download: async (name) => {
      const reply = await session.tryDownload(bucket, name).catch(() => undefined);
      if (reply === undefined || reply.status === 429 || reply.status >= 500) return 'unclear';
      return reply.status === 200 && Buffer.compare(reply.bytes, contentOf(name)) === 0 ? 'intact' : 'lost';
    },
    list: () => listSearch(session, { bucket }),
  };
}

function contentOf(name: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`content of ${name}`);
}
