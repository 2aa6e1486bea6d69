import { logFileOf, pidFileOf } from '../stack/component.ts';
import { startNativeProcess } from '../stack/native-process.ts';
import { LOOPBACK } from '../stack/ports.ts';
import { type Progress, secondsSince } from '../stack/progress.ts';
import { answersOk } from '../stack/supervise-service.ts';

export interface IntakeProcessOptions {
  readonly name: string;
  readonly root: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** As of `NativeProcessOptions`. */
  readonly niceness?: number | undefined;
  readonly dataDir: string;
  readonly progress: Progress;
}

/** A service that nobody starts again when it ends. */
export interface IntakeProcess {
  readonly pid: number;
  /** In order: what is in hand is finished. */
  stop(): Promise<void>;
  /** With SIGKILL. */
  kill(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const DRAIN_TIMEOUT_MS = 25_000;

/** Starts a service and waits until it is ready. @throws {StackError} with the end of its log when it ends before. */
export async function startIntakeProcess(options: IntakeProcessOptions): Promise<IntakeProcess> {
  const { name, root, args, env, dataDir, progress } = options;
  const startedAt = performance.now();
  const child = await startNativeProcess({
    name,
    command: process.execPath,
    args,
    cwd: root,
    env,
    niceness: options.niceness,
    logFile: logFileOf(dataDir, name),
    pidFile: pidFileOf(dataDir, name),
    stopTimeoutMs: DRAIN_TIMEOUT_MS,
  });
  const stop = async () => {
    if (await child.stop()) progress(name, 'did not drain in time and was killed');
  };
  try {
    const probe = () => answersOk(`http://${LOOPBACK}:${env.OPS_PORT}/readyz`);
    await child.waitUntilReady({ probe, timeoutMs: READY_TIMEOUT_MS });
  } catch (error) {
    await stop();
    throw error;
  }
  progress(name, `ready in ${secondsSince(startedAt)}`);
  return {
    pid: child.pid,
    stop,
    kill: async () => {
      process.kill(child.pid, 'SIGKILL');
      await child.ended;
    },
  };
}
