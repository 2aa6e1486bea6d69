import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LoadPlan, LoadResult } from './load-plan.ts';

/** Runs the load generator in a process of its own. @throws {Error} when it failed or any answer was not as expected. */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const program = join(import.meta.dirname, 'load-generator.ts');
  const child = spawn(process.execPath, [program, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exited;
  const where = `${plan.method} ${plan.host}:${plan.port}${plan.pathTemplate}`;
  if (code !== 0) throw new Error(`the load generator failed at ${where}:\n${errors}`);
  const result = JSON.parse(output) as LoadResult;
  if (result.faults > 0) throw new Error(`${result.faults} unexpected answers at ${where}, the first:\n${result.firstFault}`);
  return result;
}
