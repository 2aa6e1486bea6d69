import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

const SHOWN_LINES = 5;

/** A child process ended with another code than 0. */
export class CommandFailedError extends Error {
  /** The last lines that it wrote to its standard error. */
  readonly said: string;

  constructor(name: string, status: number | null, errors: string) {
    const said = errors.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
    super(`${name} ended with ${status ?? 'a signal'}: ${said}`);
    this.name = 'CommandFailedError';
    this.said = said;
  }
}

/**
 * Runs a command to its end and gives what it printed, without what it wrote to its standard error.
 * @throws {CommandFailedError} when it ends with another code than 0; {Error} with `code` ENOENT when there is no such command
 */
export async function runWithInput(options: {
  readonly command: string;
  readonly args: readonly string[];
  /** What it is in messages. (Default: the command with its arguments) */
  readonly name?: string;
  /** (Default: none) */
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}): Promise<string> {
  const { command, args, input = '', env = process.env, cwd, name = `${command} ${args.join(' ')}` } = options;
  const child = spawn(command, args, { stdio: 'pipe', env, ...(cwd !== undefined && { cwd }) });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // Who ends before the input is read tells why by its code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [status, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (status !== 0) throw new CommandFailedError(name, status, errors);
  return output;
}
