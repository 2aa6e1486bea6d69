import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { secondsSince } from '../stack/progress.ts';
import type { ClusterRun } from './cluster-run.ts';
import { podsOf } from './pods.ts';

/** One part of the cluster test. */
export interface ClusterStep {
  readonly name: string;
  readonly run: (run: ClusterRun) => Promise<void>;
}

const READY_WITHIN_MS = 240_000;
/** What an uninstall leaves, as NOTES.txt says. */
const KEPT = ['kafkatopic.kafka.strimzi.io', 'persistentvolumeclaim', 'secret'];

/** In their order; each leaves the release running, the last but one removes it. */
export const CLUSTER_STEPS: readonly ClusterStep[] = [
  { name: 'install', run: install },
  { name: 'helm test', run: helmTest },
  { name: 'pods are as they should be', run: checkPods },
  { name: 'a user is refused what its service does not declare', run: checkRights },
  { name: 'upgrade under load', run: (run) => underLoad(run, rollEverything) },
  { name: 'pod kill under load', run: (run) => underLoad(run, killPods) },
  { name: 'scale the worker 1, 4, 1 under load', run: (run) => underLoad(run, scaleWorker) },
  { name: 'Redis wiped under load', run: (run) => underLoad(run, wipeRedis) },
  { name: 'broker restarted under load', run: (run) => underLoad(run, restartBroker) },
  { name: 'uninstall keeps what it says', run: uninstall },
  { name: 'install with the old volumes', run: install },
  { name: 'helm test after it', run: helmTest },
];

async function install(run: ClusterRun): Promise<void> {
  const startedAt = performance.now();
  await upgrade(run);
  const tookMs = performance.now() - startedAt;
  run.say(`all pods ready after ${(tookMs / 1_000).toFixed(0)} s`);
  if (tookMs > READY_WITHIN_MS) throw new Error(`the install took longer than ${READY_WITHIN_MS / 1_000} s`);
}

/** `--install` as well: the same command brings a release up to date. */
async function upgrade(run: ClusterRun, ...further: readonly string[]): Promise<void> {
  const [repository, tag] = run.image.split(':');
  await run.helm(
    ...['upgrade', '--install', run.release, 'charts/throughline', '-f', 'charts/throughline/ci/dev-values.yaml'],
    ...['--set', `image.repository=${repository}`, '--set', `image.tag=${tag}`],
    ...further,
    ...['--wait', '--timeout', '6m'],
  );
}

async function helmTest(run: ClusterRun): Promise<void> {
  const startedAt = performance.now();
  const output = await run.helm('test', run.release, '--timeout', '5m');
  // Helm prints what the pod said as one line of a log.
  for (const line of output.split(/\\n|\n/).filter((each) => /(intake|storage): |Everything/.test(each))) run.say(line);
  run.say(`in ${secondsSince(startedAt)}`);
}

async function checkPods(run: ClusterRun): Promise<void> {
  const pods = await podsOf(run);
  const faults = pods.flatMap(({ name, restarts, endings, faults: lacks }) => [
    ...(restarts > 0 ? [`${name} was restarted ${restarts} times (${endings.join(', ')})`] : []),
    ...lacks.map((lack) => `${name}: ${lack}`),
  ]);
  if (faults.length > 0) throw new Error(faults.join('; '));
  run.say(`${pods.length} pods, none restarted, each as nobody special on a root it cannot write`);
}

/** The bucket service's user tries to write an order. */
async function checkRights(run: ClusterRun): Promise<void> {
  const output = await run.kubectl(
    ...['exec', `deploy/${run.release}-storage-bucket`, '--', 'node', '--input-type=module', '-e', WRITE_AN_ORDER],
  );
  if (!output.includes('TOPIC_AUTHORIZATION_FAILED')) throw new Error(`the broker did not refuse the write: ${output}`);
  run.say('storage-bucket may not write to intake.orders.v1');
}

const WRITE_AN_ORDER = `
import { readFileSync } from 'node:fs';
import { Kafka } from 'kafkajs';
const { KAFKA_BROKERS, KAFKA_USERNAME: username, KAFKA_PASSWORD: password, KAFKA_CA_FILE } = process.env;
const ssl = { ca: [readFileSync(KAFKA_CA_FILE, 'utf8')] };
const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), ssl, sasl: { mechanism: 'scram-sha-512', username, password }, logLevel: 0, retry: { retries: 0 } });
const producer = kafka.producer();
await producer.connect();
await producer.send({ topic: 'intake.orders.v1', messages: [{ value: 'x' }] }).then(() => console.log('written'), (error) => console.log(error.type ?? error.cause?.type ?? String(error)));
await producer.disconnect();
`;

/** Orders all the while, through the entrance; none may be lost or doubled, whatever is done meanwhile. */
async function underLoad(run: ClusterRun, disturb: (run: ClusterRun) => Promise<void>): Promise<void> {
  const load = startLoad(run);
  try {
    await disturb(run);
  } finally {
    load.endOffers();
  }
  const report = await load.report;
  for (const line of report.split('\n').filter((each) => /accepted|lost|doubled/.test(each))) run.say(line.trim());
}

function startLoad(run: ClusterRun): { endOffers(): void; readonly report: Promise<string> } {
  const args = ['scripts/load-intake.ts', '--rate', '50', '--seconds', '600', '--connections', '32', '--patience', '120'];
  const child = spawn(process.execPath, [...args, '--url', run.entrance], { cwd: run.root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const report = new Promise<string>((resolve, reject) => {
    child.once('close', (status) =>
      status === 0 ? resolve(output) : reject(new Error(`orders were lost or doubled:\n${output}`)),
    );
  });
  report.catch(() => undefined);
  // The first SIGINT ends the offers; what was accepted is still followed.
  return { endOffers: () => void child.kill('SIGINT'), report };
}

async function rollEverything(run: ClusterRun): Promise<void> {
  await upgrade(run, '--set-string', `defaults.podAnnotations.rolled=${Date.now()}`);
  run.say('every pod was replaced');
  await run.helm('rollback', run.release, '--wait', '--timeout', '6m');
  run.say('and again by the revision before');
}

async function killPods(run: ClusterRun): Promise<void> {
  for (const component of ['intake-api', 'intake-worker', 'storage-object']) {
    await run.kubectl('delete', 'pod', '-l', `app.kubernetes.io/component=${component}`, '--grace-period=0', '--force');
    await run.kubectl('rollout', 'status', `deploy/${run.release}-${component}`, '--timeout=120s');
  }
}

async function scaleWorker(run: ClusterRun): Promise<void> {
  const deployment = `deploy/${run.release}-intake-worker`;
  for (const replicas of [4, 1]) {
    await run.kubectl('scale', deployment, `--replicas=${replicas}`);
    await run.kubectl('rollout', 'status', deployment, '--timeout=120s');
  }
}

async function wipeRedis(run: ClusterRun): Promise<void> {
  await run.kubectl(
    'exec',
    `deploy/${run.release}-redis`,
    '--',
    'sh',
    '-c',
    'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli flushall',
  );
}

async function restartBroker(run: ClusterRun): Promise<void> {
  await run.kubectl('delete', 'pod', '-l', 'strimzi.io/kind=Kafka', '--wait=true');
  await run.kubectl('wait', 'kafka/throughline', '--for=condition=Ready', '--timeout=180s');
  await run.kubectl('wait', 'pod', '-l', 'strimzi.io/kind=Kafka', '--for=condition=Ready', '--timeout=180s');
}

async function uninstall(run: ClusterRun): Promise<void> {
  await run.helm('uninstall', run.release, '--wait', '--timeout', '3m');
  const left = await installedObjects(run);
  const unexpected = left.filter((name) => !KEPT.some((kind) => name.startsWith(`${kind}/`)));
  if (unexpected.length > 0) throw new Error(`left behind: ${unexpected.join(', ')}`);
  for (const kind of KEPT) {
    const names = left.filter((name) => name.startsWith(`${kind}/`));
    if (names.length === 0) throw new Error(`nothing is kept of ${kind}`);
    run.say(`kept: ${names.length} of ${kind}`);
  }
}

/** Every object of any kind that Helm made for the release: Strimzi labels its own with the same instance. */
async function installedObjects(run: ClusterRun): Promise<readonly string[]> {
  const kinds = await run.kubectl('api-resources', '--namespaced', '--verbs=list,delete', '-o', 'name');
  const selector = `app.kubernetes.io/instance=${run.release},app.kubernetes.io/managed-by=Helm`;
  const found = await run.kubectl('get', kinds.trim().split(/\s+/).join(','), '-l', selector, '-o', 'name', '--ignore-not-found');
  return found.split('\n').filter((name) => name !== '');
}

/** Kafka of the run's own. */
export async function prepare(run: ClusterRun): Promise<void> {
  await run.kubectl('apply', '-f', join('k8s', 'kafka-single-node.yaml'));
  await run.kubectl('wait', 'kafka/throughline', '--for=condition=Ready', '--timeout=300s');
}
