import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server the bench compares with. */
export interface ComparisonServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** A server that is one process of ours. */
export interface PlainServer extends ComparisonServer {
  readonly pid: number;
}

/** Starts a program that prints its port first, in a process of its own. */
export async function startPlainServer(program: string, args: readonly string[]): Promise<PlainServer> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error(`${program} ended at start`))),
  ])) as [string];
  return {
    port: Number(line),
    pid: child.pid as number,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
