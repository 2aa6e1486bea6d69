import { spawn } from 'node:child_process';
import { StackError } from './stack-error.ts';

/** The account a child process runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A command that ends by itself. */
export interface CommandOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly account?: Account | undefined;
  /** The command is killed after this time; default none. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** A process group of its own, which a Ctrl-C at the terminal does not reach. */
  readonly isDetached?: boolean;
}

/** How a command ended. `status` is null when it could not start or a signal ended it. */
export interface CommandResult {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a command without input and collects what it prints; never rejects. */
export function tryCommand(options: CommandOptions): Promise<CommandResult> {
  const { command, args, cwd, env = process.env, account, timeoutMs, signal, isDetached = false } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      detached: isDetached,
      ...(cwd === undefined ? {} : { cwd }),
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' as const }),
      ...(signal === undefined ? {} : { signal }),
    });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => resolve({ status: null, output: `${output}${error.message}` }));
    child.once('close', (status) => resolve({ status, output }));
  });
}

/**
 * Runs a command that has to succeed and returns what it printed.
 * @throws {StackError} COMMAND_FAILED with the end of its output, ABORTED when the signal fired.
 */
export async function runCommand(options: CommandOptions): Promise<string> {
  const { status, output } = await tryCommand(options);
  if (status === 0) return output;
  if (options.signal?.aborted) throw new StackError('ABORTED', `${options.command} was ended`, { cause: options.signal.reason });
  const tail = output.trimEnd().split('\n').slice(-15).join('\n');
  throw new StackError('COMMAND_FAILED', `${options.command} ${options.args.join(' ')} failed (${status ?? 'killed'}):\n${tail}`);
}
