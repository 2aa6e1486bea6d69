import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from './secrets.ts';

/** Where a running stack and its services are reached, for the other commands of this repository. */
export interface RunState {
  readonly edgeUrl: string;
  readonly kafkaBrokers: string;
  readonly redisUrl: string;
  /** By the service's name; its process id is in `run/<name>.pid`. */
  readonly services: Readonly<Record<string, { readonly httpUrl: string; readonly opsUrl: string }>>;
}

/** Notes what is running. Private, because an address may hold a password. */
export function writeRunState(dataDir: string, state: RunState): void {
  writePrivateFile(fileOf(dataDir), `${JSON.stringify(state, null, 2)}\n`);
}

/** Takes the note away at the end of a run. */
export function removeRunState(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true });
}

/** What is running on a data directory, or undefined when nothing is. It is there a moment before the edge answers; after a kill it may name what is gone. */
export function readRunState(dataDir: string): RunState | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as RunState;
  } catch {
    return undefined;
  }
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'run', 'addresses.json');
}
