import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment } from '@kubernetes/client-node';
import { EventError, isEventError } from '@throughline/events';
import type { Change, ClusterApi } from './client/cluster-api.ts';
import type { Scaled, ScaleOptions, Workload } from './cluster.ts';
import { selectorOf } from './labels.ts';
import { pauseScaler, resumeScaler } from './pause-scaler.ts';
import { componentOf, workloadOf } from './read-workloads.ts';
import { desiredReplicas, replicasBeforeStop, STOP_ANNOTATION } from './stop-note.ts';

const DEFAULT_DEADLINE_MS = 120_000;

/** Where a component is, and what it is asked for. */
export interface ScaleRequest extends ScaleOptions {
  readonly api: ClusterApi;
  readonly release: string | undefined;
  readonly component: string;
  readonly pollMs: number;
}

/** `Cluster.stop` */
export async function stopComponent(request: ScaleRequest): Promise<Scaled> {
  const { api, component } = request;
  const name = await deploymentOf(request);
  // First, or it would scale up again.
  await api.changeScaledObject(name, pauseScaler);
  let isChanged = false;
  const stopped = await api.changeDeployment(name, (present): Change => {
    const replicas = desiredReplicas(present);
    isChanged = replicas > 0;
    return isChanged ? { annotations: { [STOP_ANNOTATION]: String(replicas) }, replicas: 0 } : undefined;
  });
  await untilSo(request, 'stop', ({ pods, isObserved }) => isObserved && pods.length === 0);
  return { component, isChanged, replicas: replicasBeforeStop(stopped) ?? 0 };
}

/** `Cluster.start` */
export async function startComponent(request: ScaleRequest): Promise<Scaled> {
  const { api, component } = request;
  const name = await deploymentOf(request);
  let isChanged = false;
  const started = await api.changeDeployment(name, (present): Change => {
    isChanged = desiredReplicas(present) === 0;
    const isNoted = present.metadata?.annotations?.[STOP_ANNOTATION] !== undefined;
    if (isChanged) return { annotations: { [STOP_ANNOTATION]: null }, replicas: replicasBeforeStop(present) ?? 1 };
    return isNoted ? { annotations: { [STOP_ANNOTATION]: null } } : undefined;
  });
  await api.changeScaledObject(name, resumeScaler);
  await untilSo(request, 'start', ({ isRolledOut }) => isRolledOut);
  return { component, isChanged, replicas: desiredReplicas(started) };
}

/** @throws {EventError} `COMPONENT_UNKNOWN` for none, and for one of several releases */
async function deploymentOf({ api, release, component }: ScaleRequest): Promise<string> {
  const all = await api.deployments(selectorOf(release));
  const [found, ...others] = all.filter((deployment) => componentOf(deployment) === component);
  if (found === undefined) {
    const known = all.map(componentOf).sort().join(', ');
    throw new EventError('COMPONENT_UNKNOWN', `There is no component ${component} here; there are: ${known || 'none'}.`);
  }
  if (others.length > 0)
    throw new EventError(
      'COMPONENT_UNKNOWN',
      `Several releases have a component ${component} (${[found, ...others].map(nameOf).join(', ')}); name one.`,
    );
  return nameOf(found);
}

function nameOf({ metadata }: V1Deployment): string {
  return metadata?.name ?? '';
}

/** An API server that does not answer once is no end of the waiting: it may itself be rolled. */
async function untilSo(
  { api, release, component, pollMs, deadlineMs = DEFAULT_DEADLINE_MS, signal }: ScaleRequest,
  verb: 'stop' | 'start',
  isSo: (workload: Workload) => boolean,
): Promise<void> {
  const endAt = performance.now() + deadlineMs;
  const labels = selectorOf(release, component);
  let seen = 'the cluster did not answer';
  for (;;) {
    signal?.throwIfAborted();
    try {
      const [[deployment], pods] = await Promise.all([api.deployments(labels), api.pods(labels)]);
      if (deployment === undefined) throw new EventError('COMPONENT_UNKNOWN', `Component ${component} was removed.`);
      const workload = workloadOf(deployment, pods);
      if (isSo(workload)) return;
      seen = describe(workload);
    } catch (error) {
      if (!(isEventError(error) && error.retryable)) throw error;
      seen = error.message;
    }
    if (performance.now() > endAt)
      throw new EventError('ROLLOUT_INCOMPLETE', `${component} did not ${verb} within ${deadlineMs / 1_000} s: ${seen}`, {
        retryable: true,
      });
    await delay(pollMs, undefined, { ...(signal !== undefined && { signal }) });
  }
}

function describe({ desired, ready, pods }: Workload): string {
  const states = pods.map(({ name, isReady, waitingFor }) => `${name} ${waitingFor ?? (isReady ? 'ready' : 'not ready')}`);
  return [`${ready} of ${desired} ready`, ...states].join(', ');
}
