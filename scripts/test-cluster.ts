import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createClusterRun } from './cluster/cluster-run.ts';
import { CLUSTER_STEPS } from './cluster/cluster-steps.ts';
import { prepareKafka } from './cluster/steps/install.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { secondsSince } from './stack/progress.ts';
import { runCommand, tryCommand } from './stack/run-command.ts';

const ROOT = join(import.meta.dirname, '..');

const HELP = `npm run test:cluster -- [options] [step …]

Installs the chart on the cluster of the present kube context, in a namespace of its own, and tries it: helm test, rights, upgrade and rollback under load, pods killed, scaled,
Redis wiped, the broker restarted, uninstalled and installed with the old volumes. Strimzi must watch that namespace. At the end the namespace is deleted.

  step          of which only those run whose name begins with it (default: all)
  --namespace   (default: throughline-test)
  --image       name:tag that the nodes have already             (default: built by scripts/image, with IMAGE_BUILD if that is set)
  --entrance    where the node port of the edge is reached       (default: http://127.0.0.1:30080)
  --keep        leaves the namespace as it is at the end
  --help        this text

Ends with 1 and "N passed, N failed".
`;

const BUILT_IMAGE = 'throughline/throughline:cluster-test';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      namespace: { type: 'string', default: 'throughline-test' },
      image: { type: 'string' },
      entrance: { type: 'string', default: 'http://127.0.0.1:30080' },
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
  const image = values.image ?? (await buildImage(signal));
  const { namespace, entrance } = values;
  const say = (line: string) => console.log(`  ${line}`);
  const run = createClusterRun({ root: ROOT, namespace, release: 'throughline', entrance, image, signal, say });
  const steps = CLUSTER_STEPS.filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.startsWith(part)));
  const counts = { passed: 0, failed: 0 };
  try {
    await makeNamespace(namespace);
    await prepareKafka(run);
    console.log(`Kafka is ready ${secondsSince(startedAt)}`);
    for (const step of steps) {
      if (signal.aborted) break;
      const begunAt = performance.now();
      console.log(step.name);
      try {
        await step.run(run);
        counts.passed += 1;
        console.log(`  ✓ ${secondsSince(begunAt)}`);
      } catch (error) {
        counts.failed += 1;
        console.log(`  ✗ ${(error as Error).message}`);
      }
    }
  } finally {
    if (values.keep !== true) await deleteAll(namespace);
  }
  console.log(`\nfinished in ${secondsSince(startedAt)}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

async function requireProgram(program: string): Promise<void> {
  const { status } = await tryCommand({ command: program, args: ['version', ...(program === 'kubectl' ? ['--client'] : [])] });
  if (status !== 0) throw new Error(`${program} is not on this machine`);
}

async function buildImage(signal: AbortSignal): Promise<string> {
  console.log('building the image …');
  await runCommand({ command: join(ROOT, 'scripts', 'image'), args: [BUILT_IMAGE], timeoutMs: 900_000, signal });
  return BUILT_IMAGE;
}

async function makeNamespace(namespace: string): Promise<void> {
  const { status, output } = await tryCommand({ command: 'kubectl', args: ['create', 'namespace', namespace] });
  if (status !== 0 && !output.includes('AlreadyExists')) throw new Error(output);
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
