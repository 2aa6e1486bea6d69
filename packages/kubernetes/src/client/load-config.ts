import { delimiter } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { EventError } from '@throughline/events';

export interface ConfigSource {
  /** Paths like $KUBECONFIG's. (Default: $KUBECONFIG, else ~/.kube/config, else the pod's service account) */
  readonly kubeconfig: string | undefined;
  /** (Default: the current one) */
  readonly context: string | undefined;
}

/** What the client makes up where it finds nothing. */
const MADE_UP = 'loaded-context';

/** @throws {EventError} `CLUSTER_UNAVAILABLE` when nothing says where a cluster is */
export function loadConfig({ kubeconfig, context }: ConfigSource): KubeConfig {
  const config = read(kubeconfig);
  if (config.getCurrentContext() === MADE_UP)
    throw unavailable(
      'There is no cluster here: no kubeconfig ($KUBECONFIG, ~/.kube/config), and this is not a pod with a service account token.',
    );
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name);
    if (!known.includes(context))
      throw unavailable(`The kubeconfig has no context ${context}; it has ${known.join(', ') || 'none'}.`);
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null)
    throw unavailable('The kubeconfig has no current context with a cluster; name a context.');
  return config;
}

function read(kubeconfig: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    const [first, ...more] = (kubeconfig ?? '').split(delimiter).filter((path) => path !== '');
    // True: of several files the first that names a context has the say, as for kubectl.
    if (first === undefined) config.loadFromDefault(undefined, true);
    else config.loadFromFile(first);
    for (const path of more) {
      const next = new KubeConfig();
      next.loadFromFile(path);
      config.mergeConfig(next, config.getCurrentContext() !== undefined);
    }
    return config;
  } catch (cause) {
    throw unavailable(`The kubeconfig cannot be read: ${(cause as Error).message}`, cause);
  }
}

function unavailable(message: string, cause?: unknown): EventError {
  return new EventError('CLUSTER_UNAVAILABLE', message, { cause });
}
