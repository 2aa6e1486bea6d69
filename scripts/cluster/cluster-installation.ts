import { readFileSync } from 'node:fs';
import { type Installation, programArguments } from '../installation/installation.ts';
import { runWithInput } from '../installation/run-with-input.ts';
import { LOOPBACK } from '../stack/ports.ts';
import { findRelease, type Kubectl, type ReleaseComponent } from './cluster-installation-release.ts';
import { openPortForward, type PortForward } from './port-forward.ts';

const HTTP_PORT = 8080;
const OPS_PORT = 9090;

/**
 * A release of the chart in the cluster of the present kube context: its components by port-forwards, its operators' token from the secret that its Deployments name, programs
 * by `kubectl exec` in the containers of the components, where Kafka and the stores are reached with each component's own rights.
 * @throws {Error} without kubectl, the namespace or the release
 */
export async function openClusterInstallation(options: {
  readonly namespace: string;
  readonly release: string;
  /** (Default: a port-forward to the release's edge) */
  readonly edgeUrl: string | undefined;
}): Promise<Installation> {
  const { namespace, release } = options;
  const kubectl: Kubectl = (args) => runKubectl([...args, '--namespace', namespace]);
  const components = await findRelease({ namespace, release, kubectl });
  const requireComponent = (name: string) => {
    const component = components.get(name);
    if (component === undefined)
      throw new Error(`${name} is not in release ${release} in namespace ${namespace}: is its system switched off?`);
    return component;
  };
  const forwards = createForwards(namespace);
  const reach = (name: string, port: number) => forwards.urlOf(requireComponent(name), port);
  if (options.edgeUrl === undefined && !components.has('edge'))
    throw new Error(`release ${release} has no edge: say with --url where people come in`);
  return {
    edgeUrl: options.edgeUrl ?? (await reach('edge', HTTP_PORT)),
    operationsToken: () => readOperationsToken(components, kubectl),
    httpUrl: (name) => reach(name, HTTP_PORT),
    opsUrl: (name) => reach(name, OPS_PORT),
    runProgram: async ({ component, file, args }) => {
      const target = `deploy/${requireComponent(component).deployment}`;
      const source = readFileSync(file, 'utf8');
      return runKubectl(['exec', '--stdin', '--namespace', namespace, target, '--', 'node', ...programArguments(args)], {
        input: source,
        name: `${file} in ${target}`,
      });
    },
    close: () => forwards.close(),
  };
}

/** Each is opened when it is first asked for. */
function createForwards(namespace: string) {
  const opened = new Map<string, Promise<PortForward>>();
  return {
    urlOf: async ({ deployment }: ReleaseComponent, port: number): Promise<string> => {
      const key = `${deployment}:${port}`;
      const forward = opened.get(key) ?? openPortForward({ namespace, target: `deploy/${deployment}`, port });
      opened.set(key, forward);
      return `http://${LOOPBACK}:${(await forward).port}`;
    },
    close: async () => {
      const all = await Promise.allSettled(opened.values());
      await Promise.all(all.map((forward) => (forward.status === 'fulfilled' ? forward.value.close() : undefined)));
    },
  };
}

async function readOperationsToken(components: ReadonlyMap<string, ReleaseComponent>, kubectl: Kubectl): Promise<string> {
  const source = [...components.values()].find(({ operationsToken }) => operationsToken !== undefined)?.operationsToken;
  if (source === undefined) throw new Error('no component of the release names the secret of the operators');
  const secret = JSON.parse(await kubectl(['get', 'secret', source.secret, '--output', 'json'])) as {
    data?: Readonly<Record<string, string>>;
  };
  const token = secret.data?.[source.key];
  if (token === undefined) throw new Error(`secret ${source.secret} has no ${source.key}`);
  return Buffer.from(token, 'base64').toString();
}

async function runKubectl(args: readonly string[], options: { input?: string; name?: string } = {}): Promise<string> {
  try {
    return await runWithInput({ command: 'kubectl', args, ...options });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('kubectl is not on this machine: a release in a cluster is reached through it', { cause: error });
  }
}
