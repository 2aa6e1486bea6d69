import type { ClusterRun } from './cluster-run.ts';

/** What is looked at of a pod. */
export interface PodState {
  readonly name: string;
  readonly uid: string;
  /** Of the chart's `components`, or a store, a job or the test. */
  readonly component: string;
  readonly isReady: boolean;
  readonly restarts: number;
  /** Why its containers ended last, such as `OOMKilled`. */
  readonly endings: readonly string[];
  /** What its security settings lack, such as `may run as root`. */
  readonly faults: readonly string[];
}

interface Container {
  readonly name: string;
  readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean; readonly allowPrivilegeEscalation?: boolean };
}

interface PodJson {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly securityContext?: { readonly runAsNonRoot?: boolean }; readonly containers: readonly Container[] };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly lastState?: { readonly terminated?: { readonly reason?: string } };
    }[];
  };
}

/** The pods of the release, but those that are leaving. */
export async function podsOf(run: ClusterRun): Promise<readonly PodState[]> {
  const selector = `app.kubernetes.io/instance=${run.release},app.kubernetes.io/managed-by=Helm`;
  const { items } = JSON.parse(await run.kubectl('get', 'pods', '-l', selector, '-o', 'json')) as { items: readonly PodJson[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(stateOf);
}

function stateOf(pod: PodJson): PodState {
  const { metadata, status } = pod;
  const statuses = status.containerStatuses ?? [];
  return {
    name: metadata.name,
    uid: metadata.uid,
    component: metadata.labels['app.kubernetes.io/component'] ?? '',
    isReady: status.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false,
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    endings: statuses.flatMap(({ lastState }) => lastState?.terminated?.reason ?? []),
    faults: faultsOf(pod),
  };
}

function faultsOf({ spec }: PodJson): readonly string[] {
  const ofContainers = spec.containers.flatMap(({ name, securityContext }) => [
    ...(securityContext?.readOnlyRootFilesystem === true ? [] : [`${name} may write to its root`]),
    ...(securityContext?.allowPrivilegeEscalation === false ? [] : [`${name} may gain privileges`]),
  ]);
  return [...(spec.securityContext?.runAsNonRoot === true ? [] : ['may run as root']), ...ofContainers];
}

/** No pod was restarted, whatever was done to others; each is confined. @throws {Error} that names those for which it is not so */
export async function requireSoundPods(run: ClusterRun): Promise<void> {
  const faults = (await podsOf(run)).flatMap(({ name, restarts, endings, faults: lacks }) => [
    ...(restarts > 0 ? [`${name} was restarted ${restarts} times (${endings.join(', ')})`] : []),
    ...lacks.map((lack) => `${name} ${lack}`),
  ]);
  if (faults.length > 0) throw new Error(faults.join('; '));
}
