import { setTimeout as delay } from 'node:timers/promises';
import { logFileOf, pidFileOf } from './component.ts';
import { readLogLine } from './log-line.ts';
import { type NativeProcess, startNativeProcess, tailOf } from './native-process.ts';
import { pollUntil } from './poll-until.ts';
import { type Progress, secondsSince } from './progress.ts';
import { limitRepeatedLines } from './repeated-lines.ts';
import { StackError } from './stack-error.ts';

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;
/** A service that ran this long had started well: its next restart is quick again. */
const STABLE_AFTER_MS = 30_000;
const STARTS_BEFORE_GIVING_UP = 3;
const READY_TIMEOUT_MS = 60_000;

/** A service that is kept running. */
export interface ServiceOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** As of `NativeProcessOptions`. */
  readonly niceness?: number | undefined;
  /** Where logs and pid files go. */
  readonly dataDir: string;
  /** Answers 200 once the service is ready. */
  readonly readyUrl: string;
  readonly progress: Progress;
  /** Every log line goes to the terminal, not only warnings and errors, of which equal ones come once in five seconds. */
  readonly isVerbose: boolean;
  /** How long a stopping service may drain before it is killed, default 25 s. */
  readonly drainTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A service under supervision. */
export interface SupervisedService {
  readonly name: string;
  /** Waits until `readyUrl` answers 200; rejects when the service ends three times before. */
  waitUntilReady(): Promise<void>;
  /** Ends it and its supervision; does not reject. */
  stop(): Promise<void>;
}

/** Starts a service and starts it again, with growing pauses, whenever it ends by itself or cannot be started again. */
export function superviseService(options: ServiceOptions): SupervisedService {
  const { name, progress, dataDir } = options;
  const stopping = new AbortController();
  let current: NativeProcess | undefined;
  let starts = 0;
  let wasReady = false;
  let failure: unknown;
  const repeated = limitRepeatedLines((text) => progress(name, text));
  const showLine = options.isVerbose ? (text: string) => progress(name, text) : repeated.write;

  const runOnce = async () => {
    starts += 1;
    const startedAt = performance.now();
    try {
      current = await startService(options, showLine, starts > 1);
    } catch (error) {
      // For want of processes or file descriptors, for instance: it may go better the next time.
      return { how: error instanceof Error ? error.message : String(error), ranMs: 0, isStarted: false };
    }
    // A stop that came while the process was being started did not see it.
    if (stopping.signal.aborted) await current.stop();
    const how = await current.ended;
    return { how, ranMs: performance.now() - startedAt, isStarted: true };
  };

  const keepRunning = async () => {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!stopping.signal.aborted) {
      const { how, ranMs, isStarted } = await runOnce();
      if (stopping.signal.aborted) return;
      if (!wasReady && starts >= STARTS_BEFORE_GIVING_UP) {
        throw new StackError(
          'PROCESS_ENDED',
          `${name} ended ${starts} times at start (${how}):\n${tailOf(logFileOf(dataDir, name))}`,
        );
      }
      if (ranMs > STABLE_AFTER_MS) backoffMs = FIRST_BACKOFF_MS;
      progress(name, `${isStarted ? 'ended' : 'was not started'} (${how}), starting again in ${backoffMs / 1000} s`);
      await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
    }
  };

  const supervision = keepRunning().catch((error: unknown) => {
    failure = error;
  });

  return {
    name,
    async waitUntilReady() {
      const startedAt = performance.now();
      const probe = async () => failure !== undefined || (await answersOk(options.readyUrl));
      await pollUntil({
        probe,
        timeoutMs: READY_TIMEOUT_MS,
        description: `${name} at ${options.readyUrl}`,
        signal: options.signal,
      });
      if (failure !== undefined) throw failure;
      wasReady = true;
      progress(name, `ready in ${secondsSince(startedAt)}`);
    },
    async stop() {
      stopping.abort();
      const wasKilled = (await current?.stop()) ?? false;
      if (wasKilled) progress(name, 'did not drain in time and was killed');
      await supervision;
      repeated.close();
    },
  };
}

function startService(options: ServiceOptions, showLine: (text: string) => void, appendsToLog: boolean): Promise<NativeProcess> {
  const { name, command, args, cwd, env, dataDir, isVerbose, drainTimeoutMs = 25_000 } = options;
  return startNativeProcess({
    name,
    command,
    args,
    cwd,
    env,
    niceness: options.niceness,
    logFile: logFileOf(dataDir, name),
    pidFile: pidFileOf(dataDir, name),
    appendsToLog,
    stopTimeoutMs: drainTimeoutMs,
    onLine: (line) => {
      const { isImportant, text } = readLogLine(line);
      if (isImportant || isVerbose) showLine(text);
    },
  });
}

/** Whether an address answers 200 within a second. */
export async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
  await response.body?.cancel();
  return response.status === 200;
}
