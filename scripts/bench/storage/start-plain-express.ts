import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A server the bench compares with. */
export interface ComparisonServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the plain handler on a folder, in a process of its own. */
export async function startPlainExpress(root: string): Promise<ComparisonServer> {
  const program = join(import.meta.dirname, 'plain-express.ts');
  const child = spawn(process.execPath, [program, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error('the plain express handler ended at start'))),
  ])) as [string];
  return {
    port: Number(line),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
