import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { openKinds } from './component-kinds.ts';
import { containerNameFor, isDockerRunning, removeVolume } from './docker.ts';
import { stopLeftover } from './native-process.ts';
import { reachableFolderFor } from './postgres-files.ts';
import { StackError } from './stack-error.ts';

/** What a data directory holds. Named one by one: other data directories and the jars may be folders inside it. */
const CONTENT = [
  ...['kafka', 'postgres', 'redis', 'objects', 'logs', 'run'],
  ...['secrets.json', 'credentials.json', 'ports.json', 'components.json'],
];

/** Stops every process a killed run of this data directory left behind. */
export async function stopLeftovers(dataDir: string, isMine: (name: string) => boolean = () => true): Promise<void> {
  const folder = join(dataDir, 'run');
  const files = readFolder(folder).filter((file) => file.endsWith('.pid') && isMine(basename(file, '.pid')));
  await Promise.all(files.map((file) => stopLeftover(join(folder, file))));
}

/**
 * Refuses to delete half of the data: bytes here whose rows are in a Postgres that was given by its address.
 * @throws {StackError} BAD_OPTION saying what to do instead.
 */
export function requireWholeReset(dataDir: string): void {
  if (openKinds(dataDir).of('postgres') !== 'given') return;
  throw new StackError(
    'BAD_OPTION',
    `--reset cannot empty the Postgres that was given in DATABASE_URL, whose rows would be left without their bytes. Drop the services' databases there, delete ${dataDir} and start again without --reset`,
  );
}

/** Deletes all data of a data directory, also what Docker or an account's own folder keeps for it. */
export async function resetData(dataDir: string): Promise<void> {
  await stopLeftovers(dataDir);
  for (const name of [...CONTENT.map((entry) => join(dataDir, entry)), reachableFolderFor(dataDir)]) {
    rmSync(name, { recursive: true, force: true });
  }
  if (!(await isDockerRunning())) return;
  await Promise.all(['kafka', 'postgres', 'redis'].map((name) => removeVolume(containerNameFor(dataDir, name))));
}

/**
 * Asks at the terminal whether to delete.
 * @throws {StackError} BAD_OPTION when there is no terminal to ask at.
 */
export async function confirmReset(dataDir: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new StackError('BAD_OPTION', '--reset needs --yes where there is no terminal to ask at');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`Delete all data in ${dataDir}? Type "yes": `);
    return answer.trim().toLowerCase() === 'yes';
  } finally {
    terminal.close();
  }
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
