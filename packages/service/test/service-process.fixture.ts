import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@throughline/testing';

export interface ServiceProcess {
  readonly process: ChildProcess;
  readonly opsUrl: string;
  readonly httpUrl: string;
  /** Parsed log lines so far. */
  readonly lines: { readonly msg: string; readonly level: string; readonly [field: string]: unknown }[];
  readonly exited: Promise<number | null>;
  ready(): Promise<void>;
}

/** Starts a fixture program as a service of its own process, tracing registered; end it with a signal, or `kill` in `afterEach`. */
export async function startServiceProcess(fixture: string, environment: NodeJS.ProcessEnv): Promise<ServiceProcess> {
  const [httpPort, opsPort] = [await freePort(), await freePort()];
  const child = spawn(
    process.execPath,
    ['--import', '@throughline/telemetry/register', fileURLToPath(new URL(fixture, import.meta.url))],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, NODE_OPTIONS: '', HTTP_PORT: String(httpPort), OPS_PORT: String(opsPort), ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines: ServiceProcess['lines'] = [];
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const texts = (rest + chunk.toString()).split('\n');
    rest = texts.pop() ?? '';
    for (const text of texts) lines.push(JSON.parse(text));
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const opsUrl = `http://127.0.0.1:${opsPort}`;
  return {
    process: child,
    opsUrl,
    httpUrl: `http://127.0.0.1:${httpPort}`,
    lines,
    exited,
    ready: async () => {
      await waitFor(async () => (await fetch(`${opsUrl}/readyz`)).ok, {
        description: `${fixture} to be ready`,
        timeoutMs: 25_000,
      });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
