import { runWithInput } from '../installation/run-with-input.ts';
import { runCommand } from '../stack/run-command.ts';

/** Names of what a run of the cluster test installs. */
export interface ClusterRunOptions {
  readonly root: string;
  readonly namespace: string;
  readonly release: string;
  /** Of the edge. */
  readonly nodePort: number;
  /** Where that port is reached: a port-forward would end with the pod it leads to. */
  readonly entrance: string;
  /** `name:tag` of the image, already known to the nodes. */
  readonly image: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** kubectl and helm, on the present context and in the run's namespace. */
export interface ClusterRun extends ClusterRunOptions {
  kubectl(...args: readonly string[]): Promise<string>;
  /** `kubectl apply -f` of what is given. */
  apply(objects: string): Promise<void>;
  helm(...args: readonly string[]): Promise<string>;
  /** A program of the repository. */
  node(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
}

const COMMAND_TIMEOUT_MS = 420_000;

export function createClusterRun(options: ClusterRunOptions): ClusterRun {
  const { root: cwd, namespace, signal } = options;
  const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runCommand({ command, args, cwd, env: { ...process.env, ...env }, timeoutMs: COMMAND_TIMEOUT_MS, signal });
  return {
    ...options,
    kubectl: (...args) => run('kubectl', ['--namespace', namespace, ...args]),
    apply: async (input) =>
      void (await runWithInput({ command: 'kubectl', args: ['--namespace', namespace, 'apply', '-f', '-'], input })),
    helm: (...args) => run('helm', ['--namespace', namespace, ...args]),
    node: (args, env) => run(process.execPath, args, env),
  };
}
