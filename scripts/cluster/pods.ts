import type { ClusterRun } from './cluster-run.ts';

/** What is looked at of a pod. */
export interface PodState {
  readonly name: string;
  readonly restarts: number;
  /** Why its containers ended last, such as `OOMKilled`. */
  readonly endings: readonly string[];
  /** What its security settings lack, such as `runs as root`. */
  readonly faults: readonly string[];
}

interface Container {
  readonly name: string;
  readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean; readonly allowPrivilegeEscalation?: boolean };
}

interface PodJson {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly securityContext?: { readonly runAsNonRoot?: boolean }; readonly containers: readonly Container[] };
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly lastState?: { readonly terminated?: { readonly reason?: string } };
    }[];
  };
}

/** The pods of the release. */
export async function podsOf(run: ClusterRun): Promise<readonly PodState[]> {
  const text = await run.kubectl(
    'get',
    'pods',
    '-l',
    `app.kubernetes.io/instance=${run.release},app.kubernetes.io/managed-by=Helm`,
    '-o',
    'json',
  );
  const { items } = JSON.parse(text) as { items: readonly PodJson[] };
  return items.map((pod) => {
    const statuses = pod.status.containerStatuses ?? [];
    return {
      name: pod.metadata.name,
      restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
      endings: statuses.flatMap(({ lastState }) => lastState?.terminated?.reason ?? []),
      faults: faultsOf(pod),
    };
  });
}

function faultsOf({ spec }: PodJson): readonly string[] {
  const ofContainers = spec.containers.flatMap(({ name, securityContext }) => [
    ...(securityContext?.readOnlyRootFilesystem === true ? [] : [`${name} may write to its root`]),
    ...(securityContext?.allowPrivilegeEscalation === false ? [] : [`${name} may gain privileges`]),
  ]);
  return [...(spec.securityContext?.runAsNonRoot === true ? [] : ['may run as root']), ...ofContainers];
}
