import { runCommand } from '../stack/run-command.ts';

/** Names of what a run of the cluster test installs. */
export interface ClusterRunOptions {
  readonly root: string;
  readonly namespace: string;
  readonly release: string;
  /** Where the edge's node port is reached: a port-forward would end with the pod it leads to. */
  readonly entrance: string;
  /** `name:tag` of the image, already known to the nodes. */
  readonly image: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** kubectl and helm, on the present context and in the run's namespace. */
export interface ClusterRun extends ClusterRunOptions {
  kubectl(...args: readonly string[]): Promise<string>;
  helm(...args: readonly string[]): Promise<string>;
}

const COMMAND_TIMEOUT_MS = 420_000;

export function createClusterRun(options: ClusterRunOptions): ClusterRun {
  const { root, namespace, signal } = options;
  const run = (command: string, args: readonly string[]) =>
    runCommand({ command, args: ['--namespace', namespace, ...args], cwd: root, timeoutMs: COMMAND_TIMEOUT_MS, signal });
  return {
    ...options,
    kubectl: (...args) => run('kubectl', args),
    helm: (...args) => run('helm', args),
  };
}
