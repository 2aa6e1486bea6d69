import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installPackage } from './apt.ts';
import { findProgram } from './find-program.ts';
import { withLock } from './lock-file.ts';
import { type Progress, runStep } from './progress.ts';
import { runCommand } from './run-command.ts';

const POM_FILE = join(import.meta.dirname, 'kafka', 'pom.xml');
const CACHE_FOLDER = join(import.meta.dirname, '..', '..', '.throughline', 'jars');

/**
 * The folder with the broker's jars. Maven fetches them once for each state of the pom, so that everybody's
 * mirrors and proxies hold; all data directories of a checkout use the same.
 */
export async function kafkaJars(progress: Progress, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(POM_FILE)).digest('hex').slice(0, 12);
  const folder = join(CACHE_FOLDER, `kafka-${hash}`);
  if (existsSync(folder)) return folder;
  const maven = findProgram('mvn') ?? (await installMaven(progress, signal));
  const fetch = async () => {
    if (!existsSync(folder)) await fetchJars({ maven, folder, signal });
    return folder;
  };
  return runStep({
    progress,
    name: 'kafka',
    doing: 'fetching the jars with Maven',
    done: 'jars fetched',
    run: () => withLock(join(CACHE_FOLDER, 'kafka.lock'), signal, fetch),
  });
}

async function fetchJars(options: { maven: string; folder: string; signal: AbortSignal | undefined }): Promise<void> {
  const partial = `${options.folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  const args = ['-q', '-B', '-f', POM_FILE, ...goal];
  await runCommand({ command: options.maven, args, signal: options.signal });
  renameSync(partial, options.folder);
}

async function installMaven(progress: Progress, signal?: AbortSignal): Promise<string> {
  await installPackage({ packageName: 'maven', program: 'Maven (mvn)', progress, signal });
  return findProgram('mvn') ?? 'mvn';
}
