import { withLock } from './lock-file.ts';
import { requirePrograms } from './missing-programs.ts';
import { type Progress, runStep } from './progress.ts';
import { runCommand, tryCommand } from './run-command.ts';
import { forbidServiceStarts } from './service-start-policy.ts';

/** A Debian package that brings a program the stack needs. */
export interface AptPackage {
  readonly packageName: string;
  /** Asked after the lists of packages are up to date, for a package whose name depends on the release. */
  readonly choosePackage?: () => Promise<string>;
  /** The program, as people know it, for messages. */
  readonly program: string;
  /** The service the package would start by itself and must not: it would hold the usual port. */
  readonly serviceName?: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Installs a missing package.
 * @throws {StackError} MISSING_PROGRAM naming the command to run, when this is not root on Debian or Ubuntu.
 */
export async function installPackage(options: AptPackage): Promise<void> {
  const { packageName, progress, signal } = options;
  await requirePrograms(async () => [options]);
  await runStep({
    progress,
    name: 'apt',
    doing: `installing ${packageName}`,
    done: `installed ${packageName}`,
    // dpkg allows one installation at a time and apt-get update does not wait for another one.
    run: () => withLock('/var/lock/throughline-apt.lock', signal, () => install(options)),
  });
}

async function install({ packageName, choosePackage, serviceName, signal }: AptPackage): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lockWait = ['-o', 'DPkg::Lock::Timeout=300'];
  await runCommand({ command: 'apt-get', args: [...lockWait, 'update'], env, signal });
  const chosen = (await choosePackage?.()) ?? packageName;
  const allowServiceStarts = serviceName === undefined ? () => undefined : forbidServiceStarts();
  try {
    const args = [...lockWait, 'install', '-y', '--no-install-recommends', chosen];
    // Without the signal: a dpkg that is cut off leaves packages that have to be repaired by hand.
    await runCommand({ command: 'apt-get', args, env, isDetached: true });
  } finally {
    allowServiceStarts();
  }
  // Without this the package's own service would start at the next boot.
  if (serviceName !== undefined) await tryCommand({ command: 'systemctl', args: ['disable', serviceName], timeoutMs: 30_000 });
}
