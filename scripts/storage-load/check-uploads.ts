import { setTimeout as delay } from 'node:timers/promises';
import { type ListedObject, type UploadVerdict, verdictOf } from './judge-uploads.ts';
import type { AcknowledgedObject } from './upload-ledger.ts';

/** `unclear` while nobody answers who could know. */
export type DownloadOutcome = 'intact' | 'lost' | 'unclear';

export interface UploadCheck {
  readonly acknowledged: readonly AcknowledgedObject[];
  /** What the search shows of the run's bucket. */
  readonly list: () => Promise<readonly ListedObject[]>;
  /** Whether an object has the bytes that were uploaded; never rejects. */
  readonly download: (fileName: string) => Promise<DownloadOutcome>;
  /** Downloads under way at once. */
  readonly concurrency: number;
  /** Given up after so long without getting on, milliseconds. */
  readonly patienceMs: number;
  readonly onProgress?: (progress: string) => void;
}

const LOOK_MS = 250;

/** Waits until the search has every acknowledged object, downloads each, and then looks at the search once more: what is doubled may come late. */
export async function checkUploads(check: UploadCheck): Promise<UploadVerdict> {
  await awaitFound(check);
  const lost = await downloadAll(check);
  const listed = await listAtLast(check);
  return verdictOf({ acknowledged: check.acknowledged, listed, lost });
}

async function awaitFound({ acknowledged, list, patienceMs, onProgress }: UploadCheck): Promise<void> {
  const patience = createPatience(patienceMs);
  let missing = acknowledged;
  while (missing.length > 0 && !patience.isOver()) {
    const ids = new Set((await list().catch(() => [])).map(({ objectId }) => objectId));
    const left = missing.filter(({ objectId }) => !ids.has(objectId));
    if (left.length < missing.length) patience.renew();
    missing = left;
    onProgress?.(`${acknowledged.length - missing.length} of ${acknowledged.length} found`);
    if (missing.length > 0) await delay(LOOK_MS);
  }
}

async function downloadAll({ acknowledged, download, concurrency, patienceMs, onProgress }: UploadCheck): Promise<string[]> {
  const patience = createPatience(patienceMs);
  const waiting = [...acknowledged];
  const lost: string[] = [];
  const downloadOne = async (fileName: string) => {
    let outcome = await download(fileName);
    while (outcome === 'unclear' && !patience.isOver()) {
      await delay(LOOK_MS);
      outcome = await download(fileName);
    }
    if (outcome !== 'unclear') patience.renew();
    if (outcome !== 'intact') lost.push(fileName);
    onProgress?.(`${acknowledged.length - waiting.length} of ${acknowledged.length} downloaded`);
  };
  const downloadInTurn = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await downloadOne(next.fileName);
  };
  await Promise.all(Array.from({ length: concurrency }, downloadInTurn));
  return lost;
}

/** Nothing, when the search does not answer for as long as one is patient: then nothing is found. */
async function listAtLast({ list, patienceMs }: UploadCheck): Promise<readonly ListedObject[]> {
  const patience = createPatience(patienceMs);
  for (;;) {
    const listed = await list().catch(() => undefined);
    if (listed !== undefined || patience.isOver()) return listed ?? [];
    await delay(LOOK_MS);
  }
}

function createPatience(patienceMs: number) {
  let newsAtMs = performance.now();
  return {
    renew: () => {
      newsAtMs = performance.now();
    },
    isOver: () => performance.now() - newsAtMs >= patienceMs,
  };
}
