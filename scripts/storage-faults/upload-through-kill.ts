import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../demo/wait-until.ts';
import type { RunningInstallation } from '../installation/running-installation.ts';
import { newUser } from '../storage-client/new-user.ts';
import type { StorageSession, UploadedObject } from '../storage-client/storage-client.ts';
import { listSearch } from './list-search.ts';

export interface KillOptions {
  readonly storage: RunningInstallation;
  /** Who is killed after a third of the uploads, e.g. `storage-object`. */
  readonly service: string;
  /** Uploads to be acknowledged with 201. */
  readonly uploads: number;
  readonly concurrency: number;
}

/** What was seen; the promise holds when nothing is missing, wrong or doubled. */
export interface KillReport {
  readonly acknowledged: number;
  /** Uploads that were refused or got no answer; they may or may not exist. */
  readonly unknown: number;
  /** Acknowledged, but not downloadable with its bytes. */
  readonly lost: readonly string[];
  /** Names that the search shows more than once, or with more than one version. */
  readonly doubled: readonly string[];
  /** From the last acknowledgement until all acknowledged were found and downloaded. */
  readonly settledAfterMs: number;
}

const SETTLE_DEADLINE_MS = 30_000;

/**
 * Uploads objects side by side, kills a service meanwhile with SIGKILL and goes on until enough uploads were acknowledged.
 * @throws {Error} when an acknowledged object is not in the search within 30 s.
 */
export async function uploadThroughKill({ storage, service, uploads, concurrency }: KillOptions): Promise<KillReport> {
  const session = await newUser(storage.state.edgeUrl);
  const bucket = `kill-${crypto.randomUUID().slice(0, 8)}`;
  await session.createBucket(bucket);
  const killAt = Math.floor(uploads / 3);
  const acknowledged: UploadedObject[] = [];
  let attempts = 0;
  let wasKilled = false;
  const uploadUntilDone = async () => {
    while (acknowledged.length < uploads) {
      attempts += 1;
      const name = `object-${attempts}`;
      const uploaded = await tryUpload(session, bucket, name);
      if (uploaded === undefined) await delay(20);
      else acknowledged.push(uploaded);
      if (acknowledged.length >= killAt && !wasKilled) {
        wasKilled = true;
        killService(storage, service);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, uploadUntilDone));
  const endedAt = performance.now();
  const items = await waitUntil(
    'every acknowledged object in the search',
    async () => {
      const found = await listSearch(session, { bucket }).catch(() => []);
      const ids = new Set(found.map(({ objectId }) => objectId));
      return acknowledged.every(({ objectId }) => ids.has(objectId)) ? found : undefined;
    },
    SETTLE_DEADLINE_MS,
  );
  const lost = await findLost({ session, bucket, acknowledged, concurrency });
  const settledAfterMs = performance.now() - endedAt;
  const names = items.map(({ fileName }) => fileName);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  const doubled = [...repeated, ...items.filter(({ versions }) => versions !== 1).map(({ fileName }) => fileName)];
  return { acknowledged: acknowledged.length, unknown: attempts - acknowledged.length, lost, doubled, settledAfterMs };
}

function contentOf(name: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`content of ${name}`);
}

/** Undefined for whatever is not an acknowledgement. */
async function tryUpload(session: StorageSession, bucket: string, name: string): Promise<UploadedObject | undefined> {
  try {
    return await session.upload({ bucket, name, bytes: contentOf(name), timeoutMs: 10_000 });
  } catch {
    return undefined;
  }
}

function killService(storage: RunningInstallation, service: string): void {
  const pid = storage.pidOf(service);
  if (pid === undefined) throw new Error(`${service} is not running`);
  process.kill(pid, 'SIGKILL');
}

async function findLost(options: {
  session: StorageSession;
  bucket: string;
  acknowledged: readonly UploadedObject[];
  concurrency: number;
}): Promise<string[]> {
  const { session, bucket, acknowledged, concurrency } = options;
  const waiting = [...acknowledged];
  const lost: string[] = [];
  const downloadAll = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { status, bytes } = await session.tryDownload(bucket, next.fileName);
      if (status !== 200 || Buffer.compare(bytes, contentOf(next.fileName)) !== 0) lost.push(next.fileName);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, downloadAll));
  return lost;
}
