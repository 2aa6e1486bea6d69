import { setTimeout as delay } from 'node:timers/promises';
import type { UploadLedger } from './upload-ledger.ts';
import type { UploadOutcome } from './upload-outcome.ts';

export interface UploadOffers {
  /** Uploads an object of this name, new each time; never rejects. */
  readonly upload: (fileName: string) => Promise<UploadOutcome>;
  readonly ledger: UploadLedger;
  /** Uploads under way at once. */
  readonly concurrency: number;
  /** Uploads a second at most; what could not be sent in its time is not made up for. (Default: the next as soon as one is answered) */
  readonly rate?: number;
  /** How long one who was not acknowledged waits before the next, milliseconds. */
  readonly pauseMs: number;
  /** Ends the offers; what is under way is still waited for. */
  readonly signal: AbortSignal;
}

/** Uploads one object after the other, side by side, until the signal fires; after anything but an acknowledgement it goes on with another name. */
export async function offerUploads(options: UploadOffers): Promise<void> {
  const { upload, ledger, concurrency, rate, pauseMs, signal } = options;
  const untilDue = rate === undefined ? () => 0 : createPace(rate);
  let names = 0;
  const offer = async () => {
    while (!signal.aborted) {
      await pause(untilDue(), signal);
      if (signal.aborted) return;
      names += 1;
      const fileName = `object-${names}`;
      ledger.sent();
      const outcome = await upload(fileName);
      ledger.record(fileName, outcome);
      if (outcome.kind !== 'acknowledged') await pause(pauseMs, signal);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, offer));
}

/** How long the next one waits, milliseconds: they are `1 / rate` seconds apart or more. */
function createPace(rate: number): () => number {
  let dueAtMs = 0;
  return () => {
    const now = performance.now();
    dueAtMs = Math.max(now, dueAtMs + 1_000 / rate);
    return dueAtMs - now;
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined);
}
