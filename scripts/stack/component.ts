import { join } from 'node:path';
import { type ContainerOptions, containerLog, containerNameFor, hasImage, isDockerRunning, startContainer } from './docker.ts';
import { type NativeProcess, type NativeProcessOptions, startNativeProcess } from './native-process.ts';
import { pollUntil } from './poll-until.ts';
import type { Progress } from './progress.ts';
import type { Secrets } from './secrets.ts';
import { StackError } from './stack-error.ts';

/** The parts of the local stack. */
export type ComponentName = 'kafka' | 'postgres' | 'redis';

/** How a part is had: at a given address, in Docker, or as a process of this machine. */
export type ComponentKind = 'given' | 'docker' | 'native';

/** What every part of the stack is started with. */
export interface ComponentContext {
  readonly dataDir: string;
  readonly kind: ComponentKind;
  /** The value of the environment variable that holds the address of an existing one. */
  readonly givenAddress: string | undefined;
  readonly secrets: Secrets;
  /** The port to listen on, the same as at the last start where that is free. */
  readonly port: () => Promise<number>;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** A part of the stack that answers. */
export interface RunningComponent {
  readonly name: ComponentName;
  readonly address: string;
  /** Resolves when it ended by itself; never for one that was given by its address. */
  readonly ended: Promise<string>;
  readonly stop: () => Promise<void>;
}

const READY_TIMEOUT_MS = 90_000;
const never = new Promise<string>(() => undefined);

/** Uses what listens at a given address. @throws {StackError} UNREACHABLE when nothing answers there. */
export async function useGiven(options: {
  name: ComponentName;
  variable: string;
  address: string;
  probe: () => Promise<boolean>;
}): Promise<RunningComponent> {
  const { name, variable, address, probe } = options;
  try {
    await pollUntil({ probe, timeoutMs: 5_000, description: name });
  } catch (error) {
    // The address itself may hold a password, so only the variable is named.
    throw new StackError('UNREACHABLE', `${name}: nothing answers at the address in ${variable}`, { cause: error });
  }
  return { name, address, ended: never, stop: async () => undefined };
}

/** Whether a part is to run in Docker: a daemon answers, and has the image or can pull it. */
export async function canUseImage(
  name: string,
  image: string,
  context: Pick<ComponentContext, 'progress' | 'signal'>,
): Promise<boolean> {
  return (await isDockerRunning()) && (await hasImage(name, image, context.progress, context.signal));
}

/** Starts a part as a container and waits until it answers. */
export async function runContainer(options: {
  name: ComponentName;
  address: string;
  container: Omit<ContainerOptions, 'containerName'>;
  context: ComponentContext;
  probe: () => Promise<boolean>;
}): Promise<RunningComponent> {
  const { name, address, container, context, probe } = options;
  const containerName = containerNameFor(context.dataDir, name);
  const { ended, stop } = await startContainer({ ...container, containerName });
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  try {
    const probeWhileRunning = async () => hasEnded || (await probe());
    await pollUntil({ probe: probeWhileRunning, timeoutMs: READY_TIMEOUT_MS, description: name, signal: context.signal });
    if (hasEnded) throw new StackError('PROCESS_ENDED', `${name} ended at start:\n${await containerLog(containerName)}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { name, address, ended, stop };
}

/** Starts a part as a process of this machine and waits until it answers. */
export async function runNative(options: {
  name: ComponentName;
  address: string;
  process: Omit<NativeProcessOptions, 'name' | 'logFile' | 'pidFile'>;
  context: ComponentContext;
  probe: () => Promise<boolean>;
}): Promise<RunningComponent> {
  const { name, address, context, probe } = options;
  const files = { logFile: logFileOf(context.dataDir, name), pidFile: pidFileOf(context.dataDir, name) };
  const child: NativeProcess = await startNativeProcess({ name, ...files, ...options.process });
  const stop = async () => {
    const wasKilled = await child.stop();
    if (wasKilled) context.progress(name, 'did not stop in time and was killed');
  };
  try {
    await child.waitUntilReady({ probe, timeoutMs: READY_TIMEOUT_MS, signal: context.signal });
  } catch (error) {
    await stop();
    throw error;
  }
  return { name, address, ended: child.ended, stop };
}

/** The file a process of this data directory logs to. */
export function logFileOf(dataDir: string, name: string): string {
  return join(dataDir, 'logs', `${name}.log`);
}

/** The file that holds the identity of a running process of this data directory. */
export function pidFileOf(dataDir: string, name: string): string {
  return join(dataDir, 'run', `${name}.pid`);
}
