import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installPackage } from './apt.ts';
import { type ComponentContext, type RunningComponent, runContainer, runNative, useGiven } from './component.ts';
import { findProgram } from './find-program.ts';
import type { MissingProgram } from './missing-programs.ts';
import { askTcp, LOOPBACK } from './ports.ts';

/** The image used where Docker is. */
export const REDIS_IMAGE = 'redis:7';
const PROGRAMS = ['redis-server', 'valkey-server'];
const PACKAGE = { program: 'redis-server', packageName: 'redis-server' };
/** Nothing is written to disk: Redis makes things fast here and holds nothing that could not be lost. */
const SETTINGS = ['--save', '', '--appendonly', 'no'];

/** Brings up Redis, or Valkey in its place. */
export async function startRedis(context: ComponentContext): Promise<RunningComponent> {
  if (context.givenAddress !== undefined) return useGivenRedis(context.givenAddress);
  const isDocker = context.kind === 'docker';
  const program = isDocker ? '' : await findRedis(context);
  const port = await context.port();
  const address = `redis://${LOOPBACK}:${port}`;
  const probe = () => answersPing(LOOPBACK, port);
  if (isDocker) {
    const container = { image: REDIS_IMAGE, hostPort: port, containerPort: 6379, env: {}, args: ['redis-server', ...SETTINGS] };
    return runContainer({ name: 'redis', address, container, context, probe });
  }
  const folder = join(context.dataDir, 'redis');
  mkdirSync(folder, { recursive: true });
  const args = ['--bind', LOOPBACK, '--port', String(port), '--dir', folder, '--daemonize', 'no', ...SETTINGS];
  return runNative({ name: 'redis', address, process: { command: program, args }, context, probe });
}

function useGivenRedis(address: string): Promise<RunningComponent> {
  const url = new URL(address);
  const probe = () => answersPing(url.hostname, Number(url.port || 6379));
  return useGiven({ name: 'redis', variable: 'REDIS_URL', address, probe });
}

/** What a process of this machine needs and is not there. */
export async function missingForRedis(): Promise<MissingProgram[]> {
  return findProgram(...PROGRAMS) === undefined ? [PACKAGE] : [];
}

async function findRedis({ progress, signal }: ComponentContext): Promise<string> {
  const found = findProgram(...PROGRAMS);
  if (found !== undefined) return found;
  await installPackage({ ...PACKAGE, serviceName: 'redis-server', progress, signal });
  return findProgram(...PROGRAMS) ?? 'redis-server';
}

/** PONG, or the demand for a password that also shows a Redis at work. */
async function answersPing(host: string, port: number): Promise<boolean> {
  const answer = await askTcp({ host, port, request: Buffer.from('PING\r\n'), timeoutMs: 1_000 });
  return /^(\+PONG|-NOAUTH)/.test(answer.toString('latin1'));
}
