import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { ClusterApi } from './client/cluster-api.ts';
import type { Workload } from './cluster.ts';
import { COMPONENT_LABEL, selectorOf } from './labels.ts';
import { isOver, podState } from './pod-state.ts';
import { desiredReplicas, replicasBeforeStop } from './stop-note.ts';

/** The deployments of an installation, each with its pods. */
export async function readWorkloads(api: ClusterApi, release: string | undefined): Promise<readonly Workload[]> {
  const labels = selectorOf(release);
  const [deployments, pods] = await Promise.all([api.deployments(labels), api.pods(labels)]);
  return deployments
    .map((deployment) => workloadOf(deployment, pods))
    .sort((left, right) => (left.component < right.component ? -1 : 1));
}

/** @param pods among which its own are */
export function workloadOf(deployment: V1Deployment, pods: readonly V1Pod[]): Workload {
  const { metadata, spec, status } = deployment;
  const desired = desiredReplicas(deployment);
  const updated = status?.updatedReplicas ?? 0;
  const ready = status?.readyReplicas ?? 0;
  const isObserved = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  return {
    component: componentOf(deployment),
    name: metadata?.name ?? '',
    image: spec?.template.spec?.containers[0]?.image ?? '',
    desired,
    updated,
    ready,
    isObserved,
    isRolledOut: isObserved && updated === desired && ready === desired && (status?.replicas ?? 0) === desired,
    stoppedReplicas: replicasBeforeStop(deployment),
    pods: pods.filter((pod) => !isOver(pod) && belongsTo(pod, deployment)).map(podState),
  };
}

export function componentOf({ metadata }: V1Deployment): string {
  return metadata?.labels?.[COMPONENT_LABEL] ?? metadata?.name ?? '';
}

function belongsTo({ metadata }: V1Pod, { spec }: V1Deployment): boolean {
  const wanted = Object.entries(spec?.selector.matchLabels ?? {});
  return wanted.length > 0 && wanted.every(([label, value]) => metadata?.labels?.[label] === value);
}
