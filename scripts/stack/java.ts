import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installPackage } from './apt.ts';
import { findProgram } from './find-program.ts';
import type { MissingProgram } from './missing-programs.ts';
import type { Progress } from './progress.ts';
import { tryCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

const OLDEST_JAVA = 17;
const PROGRAM = `Java ${OLDEST_JAVA} or newer`;
const DEFAULT_PACKAGE = 'default-jre-headless';
const LATER_PACKAGES = ['openjdk-17-jre-headless', 'openjdk-21-jre-headless'];
const JVM_FOLDER = '/usr/lib/jvm';

/** The major version `java -version` prints, such as 17 (and 8 for `1.8.0`), or undefined. */
export function javaVersionOf(output: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  if (first === undefined) return undefined;
  return first === '1' ? Number(second) : Number(first);
}

/**
 * The package that brings a Java new enough, from what `apt-cache policy` prints: the default one, or a later one where
 * that is older (11 on Debian 11 and Ubuntu 22.04).
 */
export function javaPackageOf(policy: string): string {
  const [, defaultVersion] = /^default-jre-headless:\s+Installed: .*\s+Candidate: \d+:1\.(\d+)/m.exec(policy) ?? [];
  if (defaultVersion === undefined || Number(defaultVersion) >= OLDEST_JAVA) return DEFAULT_PACKAGE;
  const has = (name: string) => new RegExp(`^${name}:\\s+Installed: .*\\s+Candidate: (?!\\(none\\))`, 'm').test(policy);
  return LATER_PACKAGES.find(has) ?? DEFAULT_PACKAGE;
}

/** The program of a Java that can run Kafka 4, from JAVA_HOME, PATH or where Debian puts it, installed when there is none. */
export async function findJava(progress: Progress, signal?: AbortSignal): Promise<string> {
  const found = await usableJava();
  if (found !== undefined) return found;
  await installPackage({ packageName: DEFAULT_PACKAGE, choosePackage, program: PROGRAM, progress, signal });
  const installed = await usableJava();
  if (installed !== undefined) return installed;
  throw new StackError('MISSING_PROGRAM', `Kafka needs ${PROGRAM}: install one and set JAVA_HOME to its folder`);
}

/** Java, where there is none that can run Kafka. */
export async function missingJava(): Promise<MissingProgram[]> {
  return (await usableJava()) === undefined ? [{ program: PROGRAM, packageName: await choosePackage() }] : [];
}

async function choosePackage(): Promise<string> {
  const args = ['policy', DEFAULT_PACKAGE, ...LATER_PACKAGES];
  const env = { ...process.env, LC_ALL: 'C' };
  return javaPackageOf((await tryCommand({ command: 'apt-cache', args, env, timeoutMs: 20_000 })).output);
}

async function usableJava(): Promise<string | undefined> {
  const home = process.env.JAVA_HOME;
  const inHome = home === undefined || home === '' ? [] : [join(home, 'bin', 'java')];
  const onPath = findProgram('java');
  const candidates = [...inHome, ...(onPath === undefined ? [] : [onPath]), ...debianJavas()];
  for (const java of candidates) {
    const { output } = await tryCommand({ command: java, args: ['-version'], timeoutMs: 20_000 });
    if ((javaVersionOf(output) ?? 0) >= OLDEST_JAVA) return java;
  }
  return undefined;
}

/** The one on PATH stays an older one where somebody has chosen it by hand. */
function debianJavas(): string[] {
  if (!existsSync(JVM_FOLDER)) return [];
  return readdirSync(JVM_FOLDER)
    .map((name) => join(JVM_FOLDER, name, 'bin', 'java'))
    .filter((java) => existsSync(java));
}
