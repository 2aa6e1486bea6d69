import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { pollUntil } from './poll-until.ts';
import { identifyProcess, isRunning, readIdentity } from './process-identity.ts';
import type { Account } from './run-command.ts';
import { StackError } from './stack-error.ts';
import { standBack } from './stand-back.ts';

/** A long-running child process of the local stack. */
export interface NativeProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly account?: Account | undefined;
  /** How far it stands back for others, 1 to 19. (Default: as this process) */
  readonly niceness?: number | undefined;
  /** Receives stdout and stderr. */
  readonly logFile: string;
  /** Keep what the file holds, for a process that is started again; default is to move it aside as `.1`. */
  readonly appendsToLog?: boolean;
  /** Also told every line the process prints. */
  readonly onLine?: (line: string) => void;
  /** Where the process' identity is kept for the next run, in case this one is killed. */
  readonly pidFile: string;
  readonly stopSignal?: NodeJS.Signals;
  /** After this time SIGKILL follows the stop signal; default 20 s. */
  readonly stopTimeoutMs?: number;
}

/** A started child process. */
export interface NativeProcess {
  readonly pid: number;
  /** Resolves when the process is gone, with a text such as `exit code 1` or `SIGKILL`. */
  readonly ended: Promise<string>;
  /** Waits until `probe` holds; rejects with the end of the log when the process ends before. */
  waitUntilReady(options: { probe: () => Promise<boolean>; timeoutMs: number; signal?: AbortSignal | undefined }): Promise<void>;
  /** Sends the stop signal and waits for the end. Resolves with true when SIGKILL was needed. */
  stop(): Promise<boolean>;
}

/** The last lines of a log file, for error messages. */
export function tailOf(logFile: string, lines = 15): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

function openLog(logFile: string, appendsToLog: boolean): number {
  mkdirSync(dirname(logFile), { recursive: true });
  if (!appendsToLog && existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
  return openSync(logFile, 'a');
}

function copyOutput(child: ChildProcess, log: number, onLine: (line: string) => void): void {
  const file = createWriteStream('', { fd: log });
  for (const stream of [child.stdout, child.stderr]) {
    // Undefined where the system had no file descriptors left for pipes.
    if (!stream) continue;
    stream.pipe(file, { end: false });
    createInterface({ input: stream }).on('line', onLine);
  }
  child.once('close', () => file.end());
}

/**
 * Starts a child in a process group of its own, so that a Ctrl-C at the terminal reaches the parent only and the
 * stop has an order.
 * @throws {StackError} MISSING_PROGRAM when the command cannot be started.
 */
export async function startNativeProcess(options: NativeProcessOptions): Promise<NativeProcess> {
  const { name, command, args, cwd, env, account, logFile, appendsToLog = false, onLine, pidFile } = options;
  await stopLeftover(pidFile);
  const log = openLog(logFile, appendsToLog);
  const output = onLine === undefined ? log : 'pipe';
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', output, output],
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  });
  if (options.niceness !== undefined && child.pid !== undefined) standBack(child.pid, options.niceness);
  if (onLine === undefined) closeSync(log);
  else copyOutput(child, log, onLine);
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new StackError('MISSING_PROGRAM', `${name}: ${command} could not be started: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const pid = child.pid as number;
  mkdirSync(dirname(pidFile), { recursive: true });
  writeFileSync(pidFile, JSON.stringify(identifyProcess(pid) ?? { pid, startedAt: 'ended' }));
  return watchProcess(child, pid, options);
}

function watchProcess(child: ChildProcess, pid: number, options: NativeProcessOptions): NativeProcess {
  const { name, logFile, pidFile, stopSignal = 'SIGTERM', stopTimeoutMs = 20_000 } = options;
  let end: string | undefined;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      end = signal ?? `exit code ${code}`;
      rmSync(pidFile, { force: true });
      resolve(end);
    });
  });
  return {
    pid,
    ended,
    async waitUntilReady({ probe, timeoutMs, signal }) {
      const probeWhileRunning = async () => {
        if (end === undefined) return probe();
        return true;
      };
      await pollUntil({ probe: probeWhileRunning, timeoutMs, description: `${name} (log: ${logFile})`, signal });
      if (end !== undefined) throw new StackError('PROCESS_ENDED', `${name} ended at start (${end}):\n${tailOf(logFile)}`);
    },
    async stop() {
      if (end !== undefined) return false;
      let wasKilled = false;
      const timer = setTimeout(() => {
        wasKilled = true;
        signalGroup(pid, 'SIGKILL');
      }, stopTimeoutMs);
      signalProcess(pid, stopSignal);
      await ended;
      clearTimeout(timer);
      return wasKilled;
    },
  };
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in the meantime.
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  signalProcess(pid, signal);
  signalProcess(-pid, signal);
}

/**
 * Ends what a killed run left behind. A process that merely got the same pid is not touched: the file also holds
 * the start time. SIGTERM first (databases close cleanly), SIGKILL after ten seconds.
 */
export async function stopLeftover(pidFile: string): Promise<void> {
  const identity = readIdentity(pidFile);
  rmSync(pidFile, { force: true });
  if (identity === undefined || !isRunning(identity)) return;
  const isGone = async () => !isRunning(identity);
  signalProcess(identity.pid, 'SIGTERM');
  try {
    await pollUntil({ probe: isGone, timeoutMs: 10_000, description: `end of process ${identity.pid}` });
  } catch {
    signalGroup(identity.pid, 'SIGKILL');
    await pollUntil({ probe: isGone, timeoutMs: 5_000, description: `end of process ${identity.pid}` });
  }
}
