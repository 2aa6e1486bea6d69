import { findProgram } from './find-program.ts';
import { isPortFree, LOOPBACK } from './ports.ts';
import { tryCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

const LOCALHOST = [LOOPBACK, '0.0.0.0', '::1'];

/**
 * Makes sure the edge's port is free on every address `localhost` may mean.
 * @throws {StackError} PORT_TAKEN naming who has it, as far as the system tells.
 */
export async function requireEdgePort(port: number): Promise<void> {
  const free: boolean[] = [];
  for (const host of LOCALHOST) free.push(await isPortFree(port, host));
  if (free.every(Boolean)) return;
  const owner = await portOwner(port);
  throw new StackError(
    'PORT_TAKEN',
    `Port ${port} is taken by ${owner ?? 'another program'}. Stop it, or choose another port: npm start -- --port ${port + 1}`,
  );
}

async function portOwner(port: number): Promise<string | undefined> {
  if (findProgram('ss') === undefined) return undefined;
  const { output } = await tryCommand({ command: 'ss', args: ['-ltnpH', `sport = :${port}`], timeoutMs: 2_000 });
  const [, name, pid] = /\(\("([^"]+)",pid=(\d+)/.exec(output) ?? [];
  return name === undefined ? undefined : `${name} (process ${pid})`;
}
