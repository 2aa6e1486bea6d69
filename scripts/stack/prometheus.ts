import { installPackage } from './apt.ts';
import { findProgram } from './find-program.ts';
import type { MissingProgram } from './missing-programs.ts';
import type { Progress } from './progress.ts';

const PROGRAM = 'prometheus';
const PACKAGE: MissingProgram = { program: 'Prometheus (prometheus)', packageName: 'prometheus' };

/**
 * The path of Prometheus, which the tests of dashboards ask. It is installed when it is missing; Docker is no alternative,
 * because a container does not reach services that listen on the loopback address alone.
 * @throws {StackError} MISSING_PROGRAM naming the command to run, when it is missing and this is not root on Debian or Ubuntu.
 */
export async function findPrometheus(options: { progress: Progress; signal?: AbortSignal }): Promise<string> {
  const found = findProgram(PROGRAM);
  if (found !== undefined) return found;
  await installPackage({ ...PACKAGE, serviceName: PROGRAM, ...options });
  return findProgram(PROGRAM) ?? PROGRAM;
}
