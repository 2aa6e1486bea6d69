import { LOOPBACK } from '../../stack/ports.ts';
import type { ClusterRun } from '../cluster-run.ts';
import { openPortForward } from '../port-forward.ts';
import { CLUSTER_PROMETHEUS, prometheusObjects } from '../prometheus-objects.ts';

const IMAGE_LIMIT_MIB = 350;

/** What the image holds, seen from within a container of it; a few empty folders are root's alone. */
export async function checkImage(run: ClusterRun): Promise<void> {
  const output = await run.kubectl('exec', `deploy/${run.release}-intake-api`, '--', 'sh', '-c', 'du -xsm / 2>/dev/null || true');
  const mebibytes = Number.parseInt(output, 10);
  if (!(mebibytes < IMAGE_LIMIT_MIB)) throw new Error(`the image holds ${output.trim()} MiB, not less than ${IMAGE_LIMIT_MIB}`);
  run.say(`it holds ${mebibytes} MiB`);
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
