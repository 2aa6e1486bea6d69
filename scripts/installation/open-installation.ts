import { join, resolve } from 'node:path';
import { findRunningInstallation, type RunningInstallation, startInstallation } from './running-installation.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What runs under `npm start` (on `dataDir`, default `.throughline`), or else an installation of the caller's own with these systems, which ends with it. */
export async function openInstallation(options: {
  dataDir: string | undefined;
  systems: readonly string[];
  say: (line: string) => void;
}): Promise<RunningInstallation> {
  const { dataDir, systems, say } = options;
  const running = await findRunningInstallation(dataDir === undefined ? join(ROOT, '.throughline') : resolve(dataDir));
  if (running !== undefined) {
    say(`measuring what runs at ${running.state.edgeUrl}`);
    return running;
  }
  say(`nothing is running: starting ${systems.join(', ')} for this run …`);
  return startOwnInstallation(systems);
}

/** An installation of the caller's own, whose processes have done nothing yet. */
export function startOwnInstallation(systems: readonly string[]): Promise<RunningInstallation> {
  return startInstallation({ dataDir: join(ROOT, '.throughline', 'bench'), systems, env: process.env });
}
