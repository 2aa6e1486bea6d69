import { join, resolve } from 'node:path';
import { findRunningStorage, type RunningStorage, startStorage } from '../../storage-client/running-storage.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** What runs under `npm start` (on `dataDir`, default `.throughline`), or else an installation of the caller's own that ends with it. */
export async function openStorage(dataDir: string | undefined, say: (line: string) => void): Promise<RunningStorage> {
  const running = await findRunningStorage(dataDir === undefined ? join(ROOT, '.throughline') : resolve(dataDir));
  if (running !== undefined) {
    say(`measuring what runs at ${running.state.edgeUrl}`);
    return running;
  }
  say('nothing is running: starting object storage for this run …');
  return startOwnStorage();
}

/** An installation of the caller's own, whose processes have done nothing yet. */
export function startOwnStorage(): Promise<RunningStorage> {
  return startStorage({ dataDir: join(ROOT, '.throughline', 'bench'), env: process.env });
}
