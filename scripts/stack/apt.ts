import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { withLock } from './lock-file.ts';
import { type Progress, runStep } from './progress.ts';
import { runCommand, tryCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** A Debian package that brings a program the stack needs. */
export interface AptPackage {
  readonly packageName: string;
  /** The program, as people know it, for messages. */
  readonly program: string;
  /** The service the package would start by itself and must not: it would hold the usual port. */
  readonly serviceName?: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Whether packages can be installed here: root on Debian, Ubuntu or a system derived from them. */
function canInstall(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

/**
 * Installs a missing package.
 * @throws {StackError} MISSING_PROGRAM naming the command to run, when this is not root on Debian or Ubuntu.
 */
export async function installPackage(options: AptPackage): Promise<void> {
  const { packageName, program, progress, signal } = options;
  if (!canInstall()) {
    throw new StackError(
      'MISSING_PROGRAM',
      `${program} is missing. Install it, on Debian and Ubuntu with: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packageName}`,
    );
  }
  await runStep({
    progress,
    name: 'apt',
    doing: `installing ${packageName}`,
    done: `installed ${packageName}`,
    // dpkg allows one installation at a time and apt-get update does not wait for another one.
    run: () => withLock('/var/lock/throughline-apt.lock', signal, () => install(options)),
  });
}

async function install({ packageName, serviceName, signal }: AptPackage): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lockWait = ['-o', 'DPkg::Lock::Timeout=300'];
  const arguments_ = [...lockWait, 'install', '-y', '--no-install-recommends', packageName];
  const ownPolicy = serviceName !== undefined && !existsSync(POLICY_FILE);
  if (ownPolicy) writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await runCommand({ command: 'apt-get', args: [...lockWait, 'update'], env, signal });
    await runCommand({ command: 'apt-get', args: arguments_, env, signal });
  } finally {
    if (ownPolicy) rmSync(POLICY_FILE, { force: true });
  }
  // Without this the package's own service would start at the next boot.
  if (serviceName !== undefined) await tryCommand({ command: 'systemctl', args: ['disable', serviceName], timeoutMs: 30_000 });
}
