import { readFileSync } from 'node:fs';
import type { Account } from './run-command.ts';
import { StackError } from './stack-error.ts';

/**
 * The account Postgres runs as, since it refuses root: undefined when the present one will do, else `postgres`
 * where it exists, else `nobody`.
 */
export function serviceAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [found, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (found !== undefined) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new StackError('MISSING_PROGRAM', 'Postgres refuses to run as root and there is no account postgres or nobody');
}
