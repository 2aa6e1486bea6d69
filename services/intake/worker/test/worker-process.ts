import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@throughline/testing';

/** The worker as it is run, in a process of its own. */
export interface WorkerProcess {
  readonly process: ChildProcess;
  readonly url: string;
  readonly opsUrl: string;
  /** Parsed log lines so far. */
  readonly lines: readonly LogLine[];
  /** All that it wrote, for what is not a line of JSON. */
  output(): string;
  readonly exited: Promise<number | null>;
  ready(): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
}

export interface LogLine {
  readonly time: string;
  readonly msg: string;
  readonly attempt?: number;
  readonly delay?: string;
  readonly event_id?: string;
}

export async function startWorkerProcess(environment: Readonly<Record<string, string>>): Promise<WorkerProcess> {
  const [httpPort, opsPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      HTTP_PORT: String(httpPort),
      OPS_PORT: String(opsPort),
      CREATE_TOPICS: 'true',
      LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: LogLine[] = [];
  let output = '';
  let rest = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const texts = (rest + chunk.toString()).split('\n');
    rest = texts.pop() ?? '';
    for (const text of texts) lines.push(JSON.parse(text));
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const opsUrl = `http://127.0.0.1:${opsPort}`;
  return {
    process: child,
    url: `http://127.0.0.1:${httpPort}`,
    opsUrl,
    lines,
    output: () => output,
    exited,
    ready: async () => {
      const isReady = async () => (await fetch(`${opsUrl}/readyz`)).ok;
      await waitFor(isReady, { timeoutMs: 40_000, description: 'the worker to be ready' });
    },
    stop: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
