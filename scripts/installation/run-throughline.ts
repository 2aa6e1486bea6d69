import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const PROGRAM = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'throughline.cjs');

/** Runs `throughline … --json` against the installation in a data directory and gives what it printed. @throws {Error} with what it said when it ends with another code than 0 */
// biome-ignore lint/suspicious/noExplicitAny: each verb prints its own
export async function runThroughline(dataDir: string, ...args: readonly string[]): Promise<any> {
  return JSON.parse(await runThroughlineText(dataDir, ...args, '--json'));
}

/** The same without `--json`: what a person reads. @throws {Error} with what it said when it ends with another code than 0 */
export async function runThroughlineText(dataDir: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, ...args, '--data-dir', dataDir], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`throughline ${args.join(' ')} ended with ${code}: ${err}`);
  return out;
}
