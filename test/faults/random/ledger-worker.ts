import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkerTask } from './worker-task.ts';

const FIXTURE = fileURLToPath(new URL('./ledger-worker.fixture.ts', import.meta.url));
const STOP_TIMEOUT_MS = 20_000;

/** A process of the run. */
export interface LedgerWorker {
  readonly name: string;
  start(): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL when it does not end within 20 s. Resolves with whether it ended in order: with code 0, or by the signal when it had hardly begun. */
  stop(): Promise<boolean>;
  freeze(): void;
  thaw(): void;
}

export interface LedgerWorkerOptions {
  readonly task: WorkerTask;
  readonly logDir: string;
  /** Told when it ends without having been asked to. */
  readonly onDied: (name: string, how: string) => void;
}

/** Not started yet. Its log is appended to over all its lives. */
export function createLedgerWorker({ task, logDir, onDied }: LedgerWorkerOptions): LedgerWorker {
  const { name } = task.config;
  let child: ChildProcess | undefined;
  let ended: Promise<string> = Promise.resolve('not started');
  let isWanted = false;
  const signal = (which: NodeJS.Signals) => void child?.kill(which);
  return {
    name,
    start: () => {
      isWanted = true;
      const log = openSync(join(logDir, `${name}.log`), 'a');
      const args = ['--disable-warning=ExperimentalWarning', FIXTURE, JSON.stringify(task)];
      // Ctrl-C at a terminal is for the run alone; the channel carries no messages, its closing ends the worker when the run is gone.
      const started = spawn(process.execPath, args, {
        stdio: ['ignore', log, log, 'ipc'],
        detached: true,
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      started.channel?.unref();
      closeSync(log);
      child = started;
      ended = new Promise((resolve) => {
        started.once('exit', (code, signalled) => {
          const end = signalled ?? `exit code ${code}`;
          if (isWanted && child === started) onDied(name, end);
          resolve(end);
        });
      });
    },
    kill: async () => {
      isWanted = false;
      signal('SIGKILL');
      await ended;
    },
    stop: async () => {
      isWanted = false;
      signal('SIGTERM');
      const timer = setTimeout(() => signal('SIGKILL'), STOP_TIMEOUT_MS);
      const end = await ended;
      clearTimeout(timer);
      return ['exit code 0', 'SIGTERM', 'not started'].includes(end);
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  };
}
