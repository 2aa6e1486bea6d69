import type { ClusterRun } from '../cluster-run.ts';
import { leaveSomething } from '../leave-something.ts';

/** The service account that may do what operators may. */
export const OPERATOR = 'operator';

const READY_WITHIN_MS = 240_000;

export async function install(run: ClusterRun): Promise<void> {
  const startedAt = performance.now();
  await upgrade(run);
  const tookMs = performance.now() - startedAt;
  run.say(`all pods ready after ${(tookMs / 1_000).toFixed(0)} s`);
  if (tookMs > READY_WITHIN_MS) throw new Error(`the install took longer than ${READY_WITHIN_MS / 1_000} s`);
}

/** `--install` as well: the same command brings a release up to date. */
export async function upgrade(run: ClusterRun, ...further: readonly string[]): Promise<void> {
  const colon = run.image.lastIndexOf(':');
  const [repository, tag] = [run.image.slice(0, colon), run.image.slice(colon + 1)];
  const operatorRole = { enabled: true, subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace: run.namespace }] };
  await run.helm(
    ...['upgrade', '--install', run.release, 'charts/throughline', '-f', 'charts/throughline/ci/dev-values.yaml'],
    ...['--set', `image.repository=${repository}`, '--set-string', `image.tag=${tag}`],
    ...['--set', `components.edge.nodePort=${run.nodePort}`],
    ...[
      '--set',
      `networkPolicy.monitoringNamespace=${run.namespace}`,
      '--set-json',
      `operatorRole=${JSON.stringify(operatorRole)}`,
    ],
    ...further,
    ...['--wait', '--timeout', '6m'],
  );
}

export async function helmTest(run: ClusterRun): Promise<void> {
  const output = await run.helm('test', run.release, '--timeout', '5m');
  // Helm prints what the pod said as one line of a log.
  for (const [line] of output.replaceAll('\\n', '\n').matchAll(/(intake|storage): .*|Everything.*/g)) run.say(line);
}

/** What was accepted before is there after an uninstall and an install of the same name; in between is only what the notes of the chart say. */
export async function uninstallAndInstall(run: ClusterRun): Promise<void> {
  const before = await leaveSomething(run);
  await run.helm('uninstall', run.release, '--wait', '--cascade', 'foreground', '--timeout', '3m');
  await requireOnlyKept(run);
  await install(run);
  await before.requireThere();
}

/** What an uninstall leaves. */
const KEPT = ['kafkatopic.kafka.strimzi.io', 'persistentvolumeclaim', 'secret'];

async function requireOnlyKept(run: ClusterRun): Promise<void> {
  const left = await installedObjects(run);
  const unexpected = left.filter((name) => !KEPT.some((kind) => name.startsWith(`${kind}/`)));
  if (unexpected.length > 0) throw new Error(`left behind: ${unexpected.join(', ')}`);
  const counts = KEPT.map((kind) => `${left.filter((name) => name.startsWith(`${kind}/`)).length} ${kind}`);
  run.say(`uninstalled; kept: ${counts.join(', ')}`);
}

/** Every object of any kind that Helm made for the release: Strimzi labels its own with the same instance. */
async function installedObjects(run: ClusterRun): Promise<readonly string[]> {
  const kinds = await run.kubectl('api-resources', '--namespaced', '--verbs=list,delete', '-o', 'name');
  const selector = `app.kubernetes.io/instance=${run.release},app.kubernetes.io/managed-by=Helm`;
  const list = kinds.trim().split(/\s+/).join(',');
  const found = await run.kubectl('get', list, '-l', selector, '-o', 'name', '--ignore-not-found');
  // Beside names kubectl prints warnings.
  return found.split('\n').filter((line) => /^[\w.]+\/\S+$/.test(line));
}

/** Kafka of the run's own. */
export async function prepareKafka(run: ClusterRun): Promise<void> {
  await run.kubectl('apply', '-f', 'k8s/kafka-single-node.yaml');
  await run.kubectl('wait', 'kafka/throughline', '--for=condition=Ready', '--timeout=300s');
}
