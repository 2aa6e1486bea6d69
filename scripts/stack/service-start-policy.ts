import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

/** Asked by packages before they start a service of theirs; exit code 101 says no. */
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const MARK = '# throughline: ';

/**
 * Keeps packages from starting services while they are installed and returns how to allow it again. A policy that is
 * already there stays as it is.
 */
export function forbidServiceStarts(file: string = POLICY_FILE): () => void {
  removeLeftoverPolicy(file);
  const owner = JSON.stringify(identifyProcess(process.pid));
  try {
    writeFileSync(file, `#!/bin/sh\n${MARK}${owner}\nexit 101\n`, { mode: 0o755, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return () => undefined;
    throw error;
  }
  return () => rmSync(file, { force: true });
}

/** Removes the policy of a run that was killed while it installed: with it no package could start its service any more. */
export function removeLeftoverPolicy(file: string = POLICY_FILE): void {
  const owner = readOwner(file);
  if (owner !== undefined && !isRunning(owner) && process.getuid?.() === 0) rmSync(file, { force: true });
}

/** Who made the policy, undefined when it is not one of these or there is none. */
function readOwner(file: string): ProcessIdentity | undefined {
  try {
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .find((text) => text.startsWith(MARK));
    return line === undefined ? undefined : (JSON.parse(line.slice(MARK.length)) as ProcessIdentity);
  } catch {
    return undefined;
  }
}
