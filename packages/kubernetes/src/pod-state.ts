import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { ContainerEnd, PodState } from './cluster.ts';

/** Evicted and completed pods stay in lists until they are collected; nothing runs in them. */
export function isOver({ status }: V1Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

export function podState(pod: V1Pod): PodState {
  const { metadata, spec, status } = pod;
  const containers = status?.containerStatuses ?? [];
  return {
    name: metadata?.name ?? '',
    image: spec?.containers[0]?.image ?? '',
    // One that was told to end is Ready until it ends.
    isReady: metadata?.deletionTimestamp === undefined && hasCondition(pod, 'Ready'),
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    lastEnd: lastEnd(containers),
    waitingFor: waitingFor(pod, containers),
  };
}

function hasCondition({ status }: V1Pod, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function lastEnd(containers: readonly V1ContainerStatus[]): ContainerEnd | undefined {
  const ends = containers.flatMap(({ name, state, lastState }) => {
    // A container that is not started again yet has its end as its state.
    const end = state?.terminated ?? lastState?.terminated;
    if (end === undefined) return [];
    const { reason = 'Error', exitCode, finishedAt } = end;
    return [{ container: name, reason, exitCode, at: finishedAt?.toISOString() }];
  });
  return ends.sort((left, right) => (left.at ?? '').localeCompare(right.at ?? '')).at(-1);
}

function waitingFor({ status }: V1Pod, containers: readonly V1ContainerStatus[]): string | undefined {
  const container = containers.find(({ state }) => state?.waiting?.reason !== undefined);
  if (container !== undefined) return container.state?.waiting?.reason;
  return status?.conditions?.find(
    ({ type, status: is, reason }) => type === 'PodScheduled' && is === 'False' && reason !== undefined,
  )?.reason;
}
