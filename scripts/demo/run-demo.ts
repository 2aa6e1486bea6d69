import { parseArgs } from 'node:util';
import { openClusterInstallation } from '../cluster/cluster-installation.ts';
import type { Installation } from '../installation/installation.ts';
import { isEntranceReady } from '../installation/is-entrance-ready.ts';
import { openLocalInstallation } from '../installation/local-installation.ts';
import { onStopRequest } from '../stack/on-stop-request.ts';
import { waitUntil } from './wait-until.ts';

const READY_TIMEOUT_MS = 10_000;
const DEFAULT_RELEASE = 'throughline';

const OPTIONS = {
  url: { type: 'string' },
  'data-dir': { type: 'string' },
  namespace: { type: 'string' },
  release: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const OPTIONS_HELP = `
  --url <url>              the edge, default that of the running stack, else http://localhost:8080; in a cluster by a port-forward
  --data-dir <path>        data directory of the running stack, default .throughline
  --namespace <namespace>  not the running stack but a release in this namespace, in the cluster of the present kube context
  --release <name>         its name, default ${DEFAULT_RELEASE}
  --help                   this text

Where npm start was given a Postgres in DATABASE_URL, so must this be. In a cluster it uses kubectl: port-forwards, and programs in the containers of the services.
`;

/** What a demo has at hand. */
export interface DemoContext {
  readonly installation: Installation;
  readonly say: (line: string) => void;
  /** Settles as the steps do, or fails once somebody asks for a stop. */
  readonly untilStopped: (steps: Promise<void>) => Promise<void>;
}

/** Reads the options of a demo, finds the installation that they name, and goes through the demo. Sets the exit code. */
export async function runDemo(demo: {
  readonly name: string;
  /** What `--help` says before the options. */
  readonly description: string;
  readonly run: (context: DemoContext) => Promise<void>;
}): Promise<void> {
  const signal = onStopRequest();
  try {
    const { values } = parseArgs({ options: OPTIONS });
    if (values.help) process.stdout.write(`npm run ${demo.name} -- [options]\n\n${demo.description}\n${OPTIONS_HELP}`);
    else await goThrough(demo.run, await openInstallation(values), signal);
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    // What a stop cut off would go on.
    process.exit(1);
  }
}

async function goThrough(
  run: (context: DemoContext) => Promise<void>,
  installation: Installation,
  signal: AbortSignal,
): Promise<void> {
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  const stop = () => stopped.reject(new Error('stopped before the end'));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const { edgeUrl } = installation;
  try {
    // The note of a stack is there a moment before its edge answers, and stays where one was killed.
    const isReady = async () => (await isEntranceReady(edgeUrl)) || undefined;
    await waitUntil(`what runs behind ${edgeUrl} to be ready (is it running?)`, isReady, READY_TIMEOUT_MS);
    const say = (line: string) => console.log(line);
    await run({ installation, say, untilStopped: (steps) => Promise.race([steps, stopped.promise]) });
  } finally {
    await installation.close();
  }
}

interface Choice {
  readonly url?: string;
  readonly 'data-dir'?: string;
  readonly namespace?: string;
  readonly release?: string;
}

async function openInstallation({ url: edgeUrl, 'data-dir': dataDir, namespace, release }: Choice): Promise<Installation> {
  if (namespace === undefined) {
    if (release !== undefined) throw new Error('--release is of a cluster: give its --namespace too');
    return openLocalInstallation({ dataDir, edgeUrl, env: process.env });
  }
  if (dataDir !== undefined) throw new Error('--namespace is of a cluster, --data-dir of npm start: give one of them');
  return openClusterInstallation({ namespace, release: release ?? DEFAULT_RELEASE, edgeUrl });
}
