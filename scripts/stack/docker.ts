import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { findProgram } from './find-program.ts';
import { LOOPBACK } from './ports.ts';
import { type Progress, runStep } from './progress.ts';
import { runCommand, tryCommand } from './run-command.ts';

/** A container of the local stack. Its data is in a named volume that outlives it. */
export interface ContainerOptions {
  readonly containerName: string;
  readonly image: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly env: Readonly<Record<string, string>>;
  /** Folder inside the container that is kept in a volume named like the container. */
  readonly dataPath?: string;
  readonly args?: readonly string[];
  readonly stopTimeoutS?: number;
}

/** The name of one data directory's container or volume: two checkouts do not share any. */
export function containerNameFor(dataDir: string, name: string): string {
  return `throughline-${createHash('sha256').update(dataDir).digest('hex').slice(0, 8)}-${name}`;
}

/** Whether a Docker daemon answers within five seconds. */
export async function isDockerRunning(): Promise<boolean> {
  if (findProgram('docker') === undefined) return false;
  const { status } = await tryCommand({
    command: 'docker',
    args: ['version', '--format', '{{.Server.Version}}'],
    timeoutMs: 5_000,
  });
  return status === 0;
}

/** Whether the daemon has an image or can pull it. */
export async function hasImage(name: string, image: string, progress: Progress, signal?: AbortSignal): Promise<boolean> {
  const { status } = await tryCommand({ command: 'docker', args: ['image', 'inspect', image], timeoutMs: 10_000 });
  if (status === 0) return true;
  const pull = () => tryCommand({ command: 'docker', args: ['pull', '-q', image], timeoutMs: 180_000, signal });
  const pulled = await runStep({
    progress,
    name,
    doing: `pulling ${image}`,
    done: (result) => (result.status === 0 ? `pulled ${image}` : `${image} cannot be pulled, using a native process`),
    run: pull,
  });
  return pulled.status === 0;
}

/** Starts a container in place of one a killed run left behind, and returns how to stop it. */
export async function startContainer(options: ContainerOptions): Promise<{ ended: Promise<string>; stop: () => Promise<void> }> {
  const { containerName, image, hostPort, containerPort, env, dataPath, args = [], stopTimeoutS = 20 } = options;
  await tryCommand({ command: 'docker', args: ['rm', '-f', containerName] });
  // Names only: a value among the arguments would be readable in the process list.
  const environment = Object.keys(env).flatMap((key) => ['-e', key]);
  const volume = dataPath === undefined ? [] : ['-v', `${containerName}:${dataPath}`];
  const publish = ['-p', `${LOOPBACK}:${hostPort}:${containerPort}`];
  await runCommand({
    command: 'docker',
    args: ['run', '-d', '--name', containerName, ...publish, ...volume, ...environment, image, ...args],
    env: { ...process.env, ...env },
  });
  // Detached as the native processes are: a Ctrl-C at the terminal must not reach it.
  const waiting = spawn('docker', ['wait', containerName], { stdio: 'ignore', env: process.env, detached: true });
  const ended = new Promise<string>((resolve) => {
    waiting.once('error', () => resolve('docker wait failed'));
    waiting.once('exit', () => resolve('the container ended'));
  });
  return {
    ended,
    async stop() {
      await tryCommand({ command: 'docker', args: ['stop', '-t', String(stopTimeoutS), containerName] });
      await tryCommand({ command: 'docker', args: ['rm', '-f', containerName] });
      await ended;
    },
  };
}

/** The end of a container's log, for error messages. */
export async function containerLog(containerName: string): Promise<string> {
  return (await tryCommand({ command: 'docker', args: ['logs', '--tail', '15', containerName] })).output;
}

/** Removes the volume that holds a container's data. */
export async function removeVolume(containerName: string): Promise<void> {
  await tryCommand({ command: 'docker', args: ['rm', '-f', containerName] });
  await tryCommand({ command: 'docker', args: ['volume', 'rm', '-f', containerName] });
}
