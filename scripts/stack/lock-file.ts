import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
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
        const other = removeStaleLock(file, owner);
        if (other !== undefined) return { heldBy: other };
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * Removes the lock of an owner that has ended, and nothing else: between the look at a lock and its removal another
 * starter may have put its own there. Only the holder of a second lock, named after the ended owner, removes, and looks again first.
 * @returns who else is about to remove it, if anybody.
 */
export function removeStaleLock(file: string, owner: ProcessIdentity | undefined): ProcessIdentity | undefined {
  const name = owner === undefined ? 'unreadable' : `${owner.pid}-${owner.startedAt.replaceAll(/\W+/g, '-')}`;
  const guard = tryLock(`${file}.ended-${name}`);
  if ('heldBy' in guard) return guard.heldBy;
  try {
    if (isDeepStrictEqual(readIdentity(file), owner)) rmSync(file, { force: true });
  } finally {
    guard.release();
  }
  return undefined;
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
