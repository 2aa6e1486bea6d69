import { LOOPBACK } from '../../stack/ports.ts';
import type { ClusterRun } from '../cluster-run.ts';
import { podsOf } from '../pods.ts';
import { openPortForward } from '../port-forward.ts';
import { CLUSTER_PROMETHEUS, prometheusObjects } from '../prometheus-objects.ts';

/** No pod was restarted, whatever was done to it from outside; each is confined. */
export async function checkPods(run: ClusterRun): Promise<void> {
  const pods = await podsOf(run);
  const faults = pods.flatMap(({ name, restarts, endings, faults: lacks }) => [
    ...(restarts > 0 ? [`${name} was restarted ${restarts} times (${endings.join(', ')})`] : []),
    ...lacks.map((lack) => `${name}: ${lack}`),
  ]);
  if (faults.length > 0) throw new Error(faults.join('; '));
  run.say(`${pods.length} pods, none restarted, each as nobody special on a root it cannot write`);
}

/** A user's way through each system, by port-forwards. */
export async function runDemos(run: ClusterRun): Promise<void> {
  const demo = async (script: string) => {
    const output = await run.node([`scripts/${script}`, '--namespace', run.namespace, '--release', run.release]);
    run.say(`${script}: ${output.trimEnd().split('\n').at(-1)}`);
  };
  await Promise.all([demo('demo-storage.ts'), demo('demo-intake.ts')]);
}

/** A Prometheus that scrapes the release; it is there for the steps that follow. */
export async function startPrometheus(run: ClusterRun): Promise<void> {
  await run.apply(prometheusObjects(run.namespace));
  await run.kubectl('rollout', 'status', `deploy/${CLUSTER_PROMETHEUS}`, '--timeout=120s');
}

/** Every query of the dashboards finds something of what the steps before did. */
export async function checkDashboards(run: ClusterRun): Promise<void> {
  const forward = await openPortForward({ namespace: run.namespace, target: `deploy/${CLUSTER_PROMETHEUS}`, port: 9090 });
  try {
    const args = ['--prometheus', `http://${LOOPBACK}:${forward.port}`, '--wait', '90', 'queue-lag', 'processing-latency'];
    const output = await run.node(['scripts/cluster/check-dashboards.ts', ...args]);
    for (const line of output.trimEnd().split('\n')) run.say(line);
  } finally {
    await forward.close();
  }
}
