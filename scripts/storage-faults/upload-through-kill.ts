import type { RunningInstallation } from '../installation/running-installation.ts';
import { newUser } from '../storage-client/new-user.ts';
import { checkUploads } from '../storage-load/check-uploads.ts';
import { openObjectTrial } from '../storage-load/object-trial.ts';
import { offerUploads } from '../storage-load/offer-uploads.ts';
import { createUploadLedger } from '../storage-load/upload-ledger.ts';
import type { UploadReport } from '../storage-load/upload-report.ts';

export interface KillOptions {
  readonly storage: RunningInstallation;
  /** Who is killed after a third of the uploads, e.g. `storage-object`. */
  readonly service: string;
  /** Uploads to be acknowledged with 201. */
  readonly uploads: number;
  readonly concurrency: number;
}

const PATIENCE_MS = 30_000;
const UPLOAD_TIMEOUT_MS = 10_000;
const PAUSE_MS = 20;

/** Uploads objects side by side, kills a service meanwhile with SIGKILL and goes on until enough uploads were acknowledged; then looks for each. */
export async function uploadThroughKill({ storage, service, uploads, concurrency }: KillOptions): Promise<UploadReport> {
  const session = await newUser(storage.state.edgeUrl);
  const bucket = `kill-${crypto.randomUUID().slice(0, 8)}`;
  const trial = await openObjectTrial({ session, bucket, timeoutMs: UPLOAD_TIMEOUT_MS });
  const ledger = createUploadLedger();
  const enough = new AbortController();
  const killAt = Math.floor(uploads / 3);
  let wasKilled = false;
  const upload = async (fileName: string) => {
    const outcome = await trial.upload(fileName);
    // Counted with this one, which is recorded next.
    const acknowledged = ledger.counts().acknowledged + (outcome.kind === 'acknowledged' ? 1 : 0);
    if (acknowledged >= killAt && !wasKilled) {
      wasKilled = true;
      killService(storage, service);
    }
    if (acknowledged >= uploads) enough.abort();
    return outcome;
  };
  await offerUploads({ upload, ledger, concurrency, pauseMs: PAUSE_MS, signal: enough.signal });
  const endedAt = performance.now();
  const objects = await checkUploads({
    ...trial,
    acknowledged: ledger.acknowledged(),
    concurrency,
    patienceMs: PATIENCE_MS,
  });
  return { uploads: ledger.counts(), reasons: ledger.reasons(), objects, settledAfterMs: performance.now() - endedAt };
}

function killService(storage: RunningInstallation, service: string): void {
  const pid = storage.pidOf(service);
  if (pid === undefined) throw new Error(`${service} is not running`);
  process.kill(pid, 'SIGKILL');
}
