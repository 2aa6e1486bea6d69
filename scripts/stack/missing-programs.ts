import { existsSync, readFileSync } from 'node:fs';
import { StackError } from './stack-error.ts';

/** A program the stack needs and this machine does not have. */
export interface MissingProgram {
  /** As people know it. */
  readonly program: string;
  /** The Debian package that brings it. */
  readonly packageName: string;
}

/** Whether packages can be installed here: root on Debian, Ubuntu or a system derived from them. */
function canInstall(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

/** Names everything that is missing, with the one command that brings it. */
export function missingMessage(missing: readonly MissingProgram[]): string {
  const programs = missing.map(({ program }) => program).join(', ');
  const packages = missing.map(({ packageName }) => packageName).join(' ');
  const verb = missing.length === 1 ? 'is' : 'are';
  return `${programs} ${verb} missing. On Debian and Ubuntu install with: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages}`;
}

/**
 * Says everything that is missing at once, before anything is started. Where packages can be installed nothing is looked for.
 * @throws {StackError} MISSING_PROGRAM
 */
export async function requirePrograms(find: () => Promise<readonly MissingProgram[]>): Promise<void> {
  if (canInstall()) return;
  const missing = await find();
  if (missing.length > 0) throw new StackError('MISSING_PROGRAM', missingMessage(missing));
}
