import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { LOOPBACK } from '../stack/ports.ts';

/** A port of a pod, reached by a port of this machine. */
export interface PortForward {
  readonly port: number;
  /** Ends it. It ends with its pod as well, and is not restarted. */
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;

/** Opens a `kubectl port-forward` from any free port to a port of a Deployment or Service, such as `deploy/throughline-console`. @throws {Error} with what kubectl said when it cannot */
export async function openPortForward(options: {
  readonly namespace: string;
  readonly target: string;
  readonly port: number;
  /** (Default: kubectl) */
  readonly kubectl?: string;
}): Promise<PortForward> {
  const { namespace, target, port, kubectl = 'kubectl' } = options;
  const args = ['port-forward', '--namespace', namespace, '--address', LOOPBACK, target, `:${port}`];
  const child = spawn(kubectl, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async () => {
    child.kill();
    await ended;
  };
  const errors = text(child.stderr);
  const opened = Promise.withResolvers<number>();
  const fail = (why: string) => opened.reject(new Error(`no port-forward to ${target}: ${why}`));
  child.once('error', (error) => fail(error.message));
  void ended.then(async () => fail((await errors).trim()));
  // Each connection is told in a line of its own, which somebody must read.
  createInterface({ input: child.stdout }).on('line', (line) => {
    const forwarded = forwardedPort(line);
    if (forwarded !== undefined) opened.resolve(forwarded);
  });
  const timer = setTimeout(() => fail(`not there after ${READY_TIMEOUT_MS / 1_000} s`), READY_TIMEOUT_MS);
  try {
    return { port: await opened.promise, close: end };
  } catch (error) {
    await end();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The port that a line of kubectl tells, such as `Forwarding from 127.0.0.1:40123 -> 8080`. */
export function forwardedPort(line: string): number | undefined {
  const told = /^Forwarding from 127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
  return told === undefined ? undefined : Number(told);
}
