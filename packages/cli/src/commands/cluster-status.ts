import type { Cluster, KafkaResource, PodState, Workload } from '@throughline/kubernetes';
import { type Column, renderTable } from '../output/table.ts';
import { timeAndAge } from '../output/times.ts';

/** `cluster status`, as JSON. */
export interface ClusterStatus {
  readonly namespace: string;
  readonly context: string;
  readonly workloads: readonly Workload[];
  readonly topics: KafkaResources;
  readonly users: KafkaResources;
}

interface KafkaResources {
  readonly total: number;
  readonly notReady: readonly KafkaResource[];
}

export async function statusOf(cluster: Cluster): Promise<ClusterStatus> {
  const { namespace, context } = cluster;
  const [workloads, topics, users] = await Promise.all([cluster.workloads(), cluster.topics(), cluster.users()]);
  return { namespace, context, workloads, topics: notReadyOf(topics), users: notReadyOf(users) };
}

function notReadyOf(resources: readonly KafkaResource[]): KafkaResources {
  return { total: resources.length, notReady: resources.filter(({ isReady }) => !isReady) };
}

export function renderClusterStatus({ namespace, context, workloads, topics, users }: ClusterStatus, nowMs: number): string {
  const parts = [`namespace ${namespace}, context ${context}\n`];
  parts.push(workloads.length === 0 ? 'no workloads of Throughline\n' : renderTable(WORKLOADS, workloads));
  const troubled = workloads
    .flatMap(({ pods }) => pods)
    .filter(({ restarts, waitingFor }) => restarts > 0 || waitingFor !== undefined);
  if (troubled.length > 0) parts.push(renderTable(podColumns(nowMs), troubled));
  for (const [title, { total, notReady }] of [['topics', topics] as const, ['users', users] as const]) {
    parts.push(`${title}: ${total - notReady.length} of ${total} ready\n`);
    if (notReady.length > 0) parts.push(renderTable(NOT_READY, notReady));
  }
  return parts.join('\n');
}

const WORKLOADS: readonly Column<Workload>[] = [
  { title: 'COMPONENT', value: ({ component }) => component },
  { title: 'STATE', value: stateOf },
  { title: 'READY', value: ({ ready, desired }) => `${ready}/${desired}`, align: 'right' },
  { title: 'UPDATED', value: ({ updated }) => updated, align: 'right' },
  { title: 'RESTARTS', value: ({ pods }) => pods.reduce((sum, { restarts }) => sum + restarts, 0), align: 'right' },
  { title: 'IMAGE', value: ({ image }) => image },
];

function stateOf({ isRolledOut, desired, stoppedReplicas, pods }: Workload): string {
  if (desired === 0 && pods.length === 0)
    return stoppedReplicas === undefined ? 'none wanted' : `stopped (had ${stoppedReplicas})`;
  if (desired === 0) return 'stopping';
  return isRolledOut ? 'ready' : 'rolling out';
}

function podColumns(nowMs: number): readonly Column<PodState>[] {
  return [
    { title: 'POD', value: ({ name }) => name },
    { title: 'RESTARTS', value: ({ restarts }) => restarts, align: 'right' },
    { title: 'WAITS FOR', value: ({ waitingFor }) => waitingFor },
    { title: 'LAST END', value: ({ lastEnd }) => lastEnd && `${lastEnd.reason} (exit code ${lastEnd.exitCode})` },
    { title: 'AT', value: ({ lastEnd }) => timeAndAge(lastEnd?.at, nowMs) },
  ];
}

const NOT_READY: readonly Column<KafkaResource>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'REASON', value: reasonOf, maxWidth: 200 },
];

/** A warning beside `Ready` is no reason, and what was said of a former declaration neither. */
function reasonOf({ isObserved, conditions }: KafkaResource): string {
  if (!isObserved) return 'its operator has not looked at it yet';
  const refusals = conditions.filter(({ type, status }) => (type === 'Ready') === (status === 'False'));
  const said = refusals.map(({ type, reason, message }) => [reason ?? type, message].filter(Boolean).join(': '));
  return said.join('; ') || 'its operator does not say';
}
