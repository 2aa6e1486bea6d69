import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pollUntil } from './poll-until.ts';
import { identifyProcess, isRunning, type ProcessIdentity, readIdentity } from './process-identity.ts';

/** A lock was taken, and is given back with `release`; or another running process holds it. */
export type LockAttempt = { readonly release: () => void } | { readonly heldBy: ProcessIdentity };

/** Takes a lock that names its owner; the lock of a process that no longer runs is taken over. */
export function tryLock(file: string): LockAttempt {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(identifyProcess(process.pid)));
  try {
    for (;;) {
      try {
        // A link is made or not, with its content: nobody reads a half-written lock.
        linkSync(own, file);
        return { release: () => rmSync(file, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const owner = readIdentity(file);
        if (owner !== undefined && isRunning(owner)) return { heldBy: owner };
        rmSync(file, { force: true });
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Runs `work` while holding a lock, waiting up to ten minutes for another process that holds it. */
export async function withLock<T>(file: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  let release: (() => void) | undefined;
  const probe = async () => {
    const attempt = tryLock(file);
    if ('release' in attempt) release = attempt.release;
    return release !== undefined;
  };
  await pollUntil({ probe, timeoutMs: 600_000, description: `the lock ${file}`, signal });
  try {
    return await work();
  } finally {
    release?.();
  }
}
