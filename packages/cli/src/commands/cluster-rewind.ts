import type { Cluster } from '@throughline/kubernetes';
import { ownerOfGroup } from '../api/fleet.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { type ClusterChoice, withCluster } from './cluster-access.ts';
import { hasEnded, reportJob, startJob, waitForJob } from './jobs.ts';

export interface RewindOptions extends ClusterChoice {
  readonly from: string;
  readonly component?: string;
  /** Seconds. */
  readonly stopAfter: number;
  /** Seconds. */
  readonly deadline: number;
  readonly yes?: boolean;
}

/**
 * The job of the service does the rewinding, and is what survives everything that happens here: while it is not over, none of the group's members handles anything, whoever is
 * stopped and started meanwhile. The cluster only ends processes that do not leave the group by themselves.
 */
export async function rewindInCluster(context: CommandContext, group: string, options: RewindOptions): Promise<void> {
  const { from, stopAfter, deadline } = options;
  const owner = ownerOfGroup(await context.fleet(), group);
  const component = options.component ?? owner.service.replaceAll('.', '-');
  // Before anything is begun: without a cluster, the right component or rights it would end halfway.
  await withCluster(context, options, (cluster) => requireComponent(cluster, component));
  await context.confirm(
    `Group ${group} of ${owner.service} will stand still and begin again at ${from}; ${component} may be stopped for it.`,
    options.yes,
  );
  const begun = await startJob(owner, { kind: 'rewind', group, from });
  const job = stopAfter === 0 ? begun : await waitForJob(context, owner, begun, { patienceMs: stopAfter * 1_000 });
  if (!hasEnded(job)) {
    context.note(`${component} is stopped and started again; if this is interrupted: throughline cluster start ${component}`);
    await withCluster(context, options, (cluster) => restart(cluster, component, deadline * 1_000));
  }
  await reportJob(context, owner, job, { wait: true });
}

async function requireComponent(cluster: Cluster, component: string): Promise<void> {
  const known = (await cluster.workloads()).map((workload) => workload.component);
  if (!known.includes(component))
    throw new CliError(
      'NOT_FOUND',
      `there is no component ${component} in ${cluster.namespace}; --component names it (${known.join(', ')})`,
    );
}

/** Started again also where the stop did not come to its end. */
async function restart(cluster: Cluster, component: string, deadlineMs: number): Promise<void> {
  try {
    await cluster.stop(component, { deadlineMs });
  } finally {
    await cluster.start(component, { deadlineMs });
  }
}
