import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ClusterRun, createClusterRun } from './cluster/cluster-run.ts';
import { CLUSTER_STEPS, type ClusterStep } from './cluster/cluster-steps.ts';
import { requireSoundPods } from './cluster/pods.ts';
import { provideImage } from './cluster/provide-image.ts';
import { prepareKafka } from './cluster/steps/install.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { secondsSince } from './stack/progress.ts';
import { runCommand, tryCommand } from './stack/run-command.ts';

const ROOT = join(import.meta.dirname, '..');

const HELP = `npm run test:cluster -- [options] [step …]

Installs the chart on the cluster of the present kube context, in a namespace of its own, and tries it: helm test, rights, demos, dashboards, upgrade and rollback under load, pods
killed, scaled, Redis wiped, the broker restarted, uninstalled and installed with the old volumes. Strimzi must watch that namespace. At the end the namespace is deleted.

  step          of which only those run whose name begins with it (default: all)
  --namespace   (default: throughline-test)
  --image       name:tag that the nodes have or can pull        (default: built by scripts/image and brought to kind or minikube)
  --node-port   of the entrance; nobody else may have it         (default: 30081)
  --entrance    where that port is reached                       (default: that port of the first node's address)
  --keep        leaves the namespace as it is at the end
  --help        this text

After each step no pod may have been restarted. Ends with 1 where anything failed, and "N passed, N failed".
`;

/** On the namespace, so that a later run knows it. */
const OURS = 'throughline.dev/cluster-test=true';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      namespace: { type: 'string', default: 'throughline-test' },
      image: { type: 'string' },
      'node-port': { type: 'string', default: '30081' },
      entrance: { type: 'string' },
      keep: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const signal = onStopRequest();
  const startedAt = performance.now();
  for (const program of ['kubectl', 'helm']) await requireProgram(program);
  const { namespace, 'node-port': nodePort } = values;
  await requireFreePort(namespace, nodePort);
  const entrance = values.entrance ?? `http://${await firstNodeAddress()}:${nodePort}`;
  const steps = CLUSTER_STEPS.filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.startsWith(part)));
  if (steps.length === 0) throw new Error(`no step begins so; there are: ${CLUSTER_STEPS.map(({ name }) => name).join(', ')}`);
  await makeNamespace(namespace);
  const image = values.image ?? (await builtImage(signal));
  const say = (line: string) => console.log(`  ${line}`);
  const names = { root: ROOT, namespace, release: 'throughline', nodePort: Number(nodePort), entrance, image };
  const run = createClusterRun({ ...names, signal, say });
  const counts = { passed: 0, failed: 0 };
  try {
    await prepareKafka(run);
    console.log(`Kafka is ready ${secondsSince(startedAt)}`);
    for (const step of steps) {
      if (signal.aborted) break;
      const isPassed = await passes(step, run);
      counts[isPassed ? 'passed' : 'failed'] += 1;
      // Without it every other step would only wait for its deadline.
      if (!isPassed && step.isNeeded) break;
    }
  } finally {
    if (values.keep !== true) await deleteAll(namespace);
  }
  console.log(`\nfinished in ${secondsSince(startedAt)}${signal.aborted ? ', stopped before the end' : ''}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 && counts.passed > 0 && !signal.aborted ? 0 : 1;
}

async function passes(step: ClusterStep, run: ClusterRun): Promise<boolean> {
  const begunAt = performance.now();
  console.log(step.name);
  try {
    await step.run(run);
    await requireSoundPods(run);
    console.log(`  ✓ ${secondsSince(begunAt)}`);
    return true;
  } catch (error) {
    console.log(`  ✗ ${(error as Error).message}`);
    return false;
  }
}

async function requireProgram(program: string): Promise<void> {
  const { status } = await tryCommand({ command: program, args: ['version', ...(program === 'kubectl' ? ['--client'] : [])] });
  if (status !== 0) throw new Error(`${program} is not on this machine`);
}

async function kubectl(...args: readonly string[]): Promise<string> {
  return (await runCommand({ command: 'kubectl', args, timeoutMs: 30_000 })).trim();
}

async function requireFreePort(namespace: string, nodePort: string): Promise<void> {
  const template = '{range .items[*]}{.metadata.namespace}/{.metadata.name} {.spec.ports[*].nodePort}{"\\n"}{end}';
  const services = await kubectl('get', 'services', '--all-namespaces', '-o', `jsonpath=${template}`);
  const holder = services
    .split('\n')
    .find((line) => line.split(' ').slice(1).includes(nodePort) && !line.startsWith(`${namespace}/`));
  if (holder !== undefined)
    throw new Error(`node port ${nodePort} is that of ${holder.split(' ')[0]}: say another with --node-port`);
}

async function firstNodeAddress(): Promise<string> {
  return kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}');
}

async function builtImage(signal: AbortSignal): Promise<string> {
  console.log('building the image …');
  return provideImage({ root: ROOT, context: await kubectl('config', 'current-context'), signal });
}

/** One that somebody else made is left alone: at the end everything in it is deleted. */
async function makeNamespace(namespace: string): Promise<void> {
  const names = (await kubectl('get', 'namespaces', '-o', 'name')).split('\n');
  if (names.includes(`namespace/${namespace}`)) {
    const ours = await kubectl('get', 'namespaces', '-l', OURS, '-o', 'name');
    if (ours.split('\n').includes(`namespace/${namespace}`)) return;
    throw new Error(`there is a namespace ${namespace} that this test did not make: say another with --namespace`);
  }
  await kubectl('create', 'namespace', namespace);
  await kubectl('label', 'namespace', namespace, OURS);
}

/** Topics first: one that outlives its cluster keeps its finalizer for ever, and its namespace with it. */
async function deleteAll(namespace: string): Promise<void> {
  for (const what of [
    ['kafkatopics', '--all', '--namespace', namespace],
    ['namespace', namespace],
  ]) {
    const { status, output } = await tryCommand({ command: 'kubectl', args: ['delete', ...what, '--timeout=120s'] });
    if (status !== 0) console.log(output.trim());
  }
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
