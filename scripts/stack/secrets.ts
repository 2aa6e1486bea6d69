import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Generated secrets of one data directory, kept in a file only its owner can read. */
export interface Secrets {
  /** The secret of this name; made on first use with `generate`, default 24 random bytes as base64url. */
  get(name: string, generate?: () => string): string;
}

/** Writes a file of mode 600 in one step: readers see the former content or all of the new one. */
export function writePrivateFile(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, content, { mode: 0o600 });
  renameSync(partial, file);
}

function readSecrets(file: string): Map<string, string> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

/** Opens the secrets kept in a file, which is made when the first secret is. */
export function openSecrets(file: string): Secrets {
  const secrets = readSecrets(file);
  return {
    get(name, generate = () => randomBytes(24).toString('base64url')) {
      const kept = secrets.get(name);
      if (kept !== undefined) return kept;
      const made = generate();
      secrets.set(name, made);
      writePrivateFile(file, `${JSON.stringify(Object.fromEntries(secrets), null, 2)}\n`);
      return made;
    },
  };
}
