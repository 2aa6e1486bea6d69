import type { Cluster } from '@throughline/kubernetes';
import { CliError, type CliErrorCode } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';

/** Which cluster, and what of it. */
export interface ClusterChoice {
  readonly namespace?: string;
  readonly context?: string;
  readonly release?: string;
}

const CODES: Readonly<Record<string, CliErrorCode>> = {
  CLUSTER_UNAVAILABLE: 'UNREACHABLE',
  CLUSTER_REFUSED: 'REFUSED',
  COMPONENT_UNKNOWN: 'NOT_FOUND',
  ROLLOUT_INCOMPLETE: 'FAILED',
};

/**
 * Does something with the cluster.
 * @throws {CliError} `USAGE` where there is none, `UNREACHABLE` when it does not answer, `REFUSED`, `NOT_FOUND` and `FAILED` as it says
 */
export async function withCluster<Result>(
  context: Pick<CommandContext, 'terminal' | 'timeoutMs'>,
  choice: ClusterChoice,
  work: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  const { KUBECONFIG } = context.terminal.env;
  try {
    // Loaded here alone: the client takes longer than all the rest, and most commands need no cluster.
    const { openCluster } = await import('@throughline/kubernetes');
    const cluster = openCluster({
      ...(choice.namespace !== undefined && { namespace: choice.namespace }),
      ...(choice.context !== undefined && { context: choice.context }),
      ...(choice.release !== undefined && { release: choice.release }),
      ...(KUBECONFIG !== undefined && { kubeconfig: KUBECONFIG }),
      requestTimeoutMs: context.timeoutMs,
    });
    return await work(cluster);
  } catch (error) {
    throw asCliError(error);
  }
}

/** Nothing that says where a cluster is, is a matter of the command line; a cluster that does not answer may do so later. */
function asCliError(error: unknown): unknown {
  const { code = '', retryable = false, message } = error as { code?: string; retryable?: boolean; message: string };
  const known = error instanceof CliError ? undefined : CODES[code];
  if (known === undefined) return error;
  return new CliError(known === 'UNREACHABLE' && !retryable ? 'USAGE' : known, message, { cause: error });
}
