import { join } from 'node:path';
import { installPackage } from './apt.ts';
import { findProgram } from './find-program.ts';
import type { Progress } from './progress.ts';
import { tryCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

const OLDEST_JAVA = 17;

/** The major version `java -version` prints, such as 17 (and 8 for `1.8.0`), or undefined. */
export function javaVersionOf(output: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  if (first === undefined) return undefined;
  return first === '1' ? Number(second) : Number(first);
}

/** The program of a Java that can run Kafka 4, from JAVA_HOME or PATH, installed when there is none. */
export async function findJava(progress: Progress, signal?: AbortSignal): Promise<string> {
  const found = await usableJava();
  if (found !== undefined) return found;
  await installPackage({ packageName: 'default-jre-headless', program: `Java ${OLDEST_JAVA} or newer`, progress, signal });
  const installed = await usableJava();
  if (installed !== undefined) return installed;
  throw new StackError(
    'MISSING_PROGRAM',
    `Kafka needs Java ${OLDEST_JAVA} or newer: install one and set JAVA_HOME to its folder`,
  );
}

async function usableJava(): Promise<string | undefined> {
  const home = process.env.JAVA_HOME;
  const candidates = [home === undefined ? undefined : join(home, 'bin', 'java'), findProgram('java')];
  for (const java of candidates) {
    if (java === undefined) continue;
    const { output } = await tryCommand({ command: java, args: ['-version'], timeoutMs: 20_000 });
    if ((javaVersionOf(output) ?? 0) >= OLDEST_JAVA) return java;
  }
  return undefined;
}
