import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockDataDir } from '../stack/lock-data-dir.ts';
import { tailOf } from '../stack/native-process.ts';
import { createPortFinder } from '../stack/ports.ts';
import { isRunning, readIdentity } from '../stack/process-identity.ts';
import { resetData } from '../stack/reset-data.ts';
import { type RunState, readRunState, removeRunState } from '../stack/run-state.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Systems that run on this machine. */
export interface RunningInstallation {
  readonly dataDir: string;
  readonly state: RunState;
  /** Process id of a service such as `storage-object`, now; undefined while it is down. */
  pidOf(service: string): number | undefined;
  /** Ends what `startInstallation` started; nothing for what was running before. */
  stop(): Promise<void>;
}

/** What `npm start` runs on a data directory, or undefined when it does not run or does not answer. */
export async function findRunningInstallation(dataDir: string): Promise<RunningInstallation | undefined> {
  const state = readRunState(dataDir);
  if (state === undefined || !(await isHealthy(state.edgeUrl))) return undefined;
  return describe(dataDir, state, async () => undefined);
}

/**
 * Runs `npm start` as a child process with a stack of its own, on an emptied data directory and any free ports, and waits until it is ready.
 * @throws {Error} with the end of its output when it ends before.
 */
export async function startInstallation(options: {
  dataDir: string;
  /** Names of the systems, as `--only` takes them. */
  systems: readonly string[];
  /** Addresses in it are not used: the rows of somebody's database would outlive the emptied directory. */
  env: NodeJS.ProcessEnv;
  /** (Default: 180 000) */
  timeoutMs?: number;
}): Promise<RunningInstallation> {
  const { dataDir, systems, timeoutMs = 180_000 } = options;
  const { KAFKA_BROKERS: _brokers, DATABASE_URL: _database, REDIS_URL: _redis, ...env } = options.env;
  mkdirSync(dataDir, { recursive: true });
  // Not in logs/, which a reset deletes.
  const logFile = join(dataDir, 'start.log');
  const log = openSync(logFile, 'a');
  const edgePort = await createPortFinder()([]);
  const where = ['--data-dir', dataDir, '--port', String(edgePort)];
  const args = [join(ROOT, 'scripts', 'start.ts'), '--only', systems.join(','), ...where];
  await emptyDataDir(dataDir);
  // A former run that was killed left its note; it must not pass for this one's.
  removeRunState(dataDir);
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', log, log] });
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`npm start ended:\n${tailOf(logFile)}`);
    const state = readRunState(dataDir);
    if (state !== undefined && (await isHealthy(state.edgeUrl))) return describe(dataDir, state, () => end(child));
    await delay(100);
  }
  await end(child);
  throw new Error(`npm start was not ready after ${timeoutMs / 1_000} s:\n${tailOf(logFile)}`);
}

/** Not by `--reset`, which refuses where a former run had its rows in a Postgres given by its address. */
async function emptyDataDir(dataDir: string): Promise<void> {
  const unlock = lockDataDir(dataDir);
  try {
    await resetData(dataDir);
  } finally {
    unlock();
  }
}

function describe(dataDir: string, state: RunState, stop: () => Promise<void>): RunningInstallation {
  return {
    dataDir,
    state,
    pidOf: (service) => {
      const identity = readIdentity(join(dataDir, 'run', `${service}.pid`));
      return identity !== undefined && isRunning(identity) ? identity.pid : undefined;
    },
    stop,
  };
}

/** Whether the edge answers that all services are ready. */
export async function isHealthy(edgeUrl: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/healthz', edgeUrl), { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
