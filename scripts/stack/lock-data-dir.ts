import { join } from 'node:path';
import { tryLock } from './lock-file.ts';
import { StackError } from './stack-error.ts';

/**
 * Claims a data directory for this process and returns how to give it back.
 * @throws {StackError} ALREADY_RUNNING when a running process has it.
 */
export function lockDataDir(dataDir: string): () => void {
  const attempt = tryLock(join(dataDir, 'running.lock'));
  if ('release' in attempt) return attempt.release;
  throw new StackError('ALREADY_RUNNING', `already running on ${dataDir} (process ${attempt.heldBy.pid}): stop that one first`);
}
