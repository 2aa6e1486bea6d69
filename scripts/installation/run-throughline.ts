import { join } from 'node:path';
import { runWithInput } from './run-with-input.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'throughline.cjs');

/** Runs `throughline … --json` against the installation in a data directory and gives what it printed. @throws {Error} with what it said when it ends with another code than 0 */
// biome-ignore lint/suspicious/noExplicitAny: each verb prints its own
export async function runThroughline(dataDir: string, ...args: readonly string[]): Promise<any> {
  return JSON.parse(await runThroughlineText({ args: [...args, '--data-dir', dataDir, '--json'] }));
}

/** Runs `throughline …` and gives what a person reads. @throws {Error} with what it said when it ends with another code than 0 */
export function runThroughlineText(options: {
  readonly args: readonly string[];
  /** Such as THROUGHLINE_URLS and THROUGHLINE_TOKEN. (Default: none) */
  readonly env?: NodeJS.ProcessEnv;
}): Promise<string> {
  const { args, env } = options;
  const name = `throughline ${args.join(' ')}`;
  return runWithInput({ command: process.execPath, args: [PROGRAM, ...args], name, env: { ...process.env, ...env } });
}
