import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { installPackage } from './apt.ts';
import { findProgram } from './find-program.ts';
import { withLock } from './lock-file.ts';
import type { MissingProgram } from './missing-programs.ts';
import { type Progress, runStep } from './progress.ts';
import { runCommand } from './run-command.ts';

const POM_FILE = join(import.meta.dirname, 'kafka', 'pom.xml');
const CACHE_FOLDER = join(import.meta.dirname, '..', '..', '.throughline', 'jars');

const PACKAGE = { program: 'Maven (mvn)', packageName: 'maven' };

/** What is needed to fetch the jars. */
export interface JarsOptions {
  /** The program Maven is to run on where JAVA_HOME does not name one. */
  readonly java: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The folder with the broker's jars. Maven fetches them once for each state of the pom, so that everybody's
 * mirrors and proxies hold; all data directories of a checkout use the same.
 */
export async function kafkaJars(options: JarsOptions): Promise<string> {
  const { progress, signal } = options;
  const folder = jarsFolder();
  if (existsSync(folder)) return folder;
  const maven = findProgram('mvn') ?? (await installMaven(options));
  const fetch = async () => {
    if (!existsSync(folder)) await fetchJars(maven, folder, options);
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

/** Maven, where the jars still have to be fetched and it is not there. */
export function missingMaven(): MissingProgram[] {
  return existsSync(jarsFolder()) || findProgram('mvn') !== undefined ? [] : [PACKAGE];
}

function jarsFolder(): string {
  const hash = createHash('sha256').update(readFileSync(POM_FILE)).digest('hex').slice(0, 12);
  return join(CACHE_FOLDER, `kafka-${hash}`);
}

async function fetchJars(maven: string, folder: string, { java, signal }: JarsOptions): Promise<void> {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  const args = ['-q', '-B', '-f', POM_FILE, ...goal];
  const env = { ...process.env, PATH: `${dirname(java)}${delimiter}${process.env.PATH ?? ''}` };
  await runCommand({ command: maven, args, env, signal });
  renameSync(partial, folder);
}

async function installMaven({ progress, signal }: JarsOptions): Promise<string> {
  await installPackage({ ...PACKAGE, progress, signal });
  return findProgram('mvn') ?? 'mvn';
}
