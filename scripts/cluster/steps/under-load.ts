import { pollUntil } from '../../stack/poll-until.ts';
import type { ClusterRun } from '../cluster-run.ts';
import { type LoadCommand, startLoad } from '../start-load.ts';
import { upgrade } from './install.ts';

const LOADS: readonly LoadCommand[] = [
  { script: 'load-intake.ts', args: ['--rate', '50', '--connections', '64'] },
  { script: 'load-storage.ts', args: ['--rate', '5', '--concurrency', '4'] },
];
/** Requests that must succeed before and after what is done, of each load. */
const CALM_REQUESTS = 20;

/** Orders and uploads before, during and after what is done; none that was accepted may be lost or doubled. */
export async function underLoad(run: ClusterRun, disturb: (run: ClusterRun) => Promise<void>): Promise<void> {
  const loads = LOADS.map((command) => startLoad(run, command));
  const goOn = () => Promise.all(loads.map((load) => load.goesOn(CALM_REQUESTS)));
  let reports: readonly string[] = [];
  try {
    await goOn();
    await disturb(run);
    await goOn();
  } finally {
    reports = await Promise.all(loads.map((load) => load.finish()));
  }
  for (const [line] of reports.join('\n').matchAll(/^(?:(?:requests|orders|uploads|objects) | {10}.* × ).*/gm)) run.say(line);
}

/** Each Deployment of the release with other pods, then by the revision before. */
export async function rollEverything(run: ClusterRun): Promise<void> {
  await upgrade(run, '--set-string', `defaults.podAnnotations.rolled=${Date.now()}`);
  run.say('every pod was replaced');
  await run.helm('rollback', run.release, '--wait', '--timeout', '6m');
  run.say('and again by the revision before');
}

export async function killPods(run: ClusterRun): Promise<void> {
  for (const component of ['intake-api', 'intake-worker', 'storage-object', 'storage-metadata']) {
    await run.kubectl('delete', 'pod', '-l', `app.kubernetes.io/component=${component}`, '--grace-period=0', '--force');
    await run.kubectl('rollout', 'status', `deploy/${run.release}-${component}`, '--timeout=120s');
  }
}

export async function scaleWorker(run: ClusterRun): Promise<void> {
  const deployment = `deploy/${run.release}-intake-worker`;
  for (const replicas of [4, 1]) {
    await run.kubectl('scale', deployment, `--replicas=${replicas}`);
    await run.kubectl('rollout', 'status', deployment, '--timeout=120s');
  }
}

export async function wipeRedis(run: ClusterRun): Promise<void> {
  const wipe = 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli flushall';
  await run.kubectl('exec', `deploy/${run.release}-redis`, '--', 'sh', '-c', wipe);
}

export async function restartBroker(run: ClusterRun): Promise<void> {
  const brokers = ['-l', 'strimzi.io/cluster=throughline,strimzi.io/kind=Kafka'] as const;
  await run.kubectl('delete', 'pod', ...brokers, '--wait=true');
  const isMade = async () => (await run.kubectl('get', 'pod', ...brokers, '-o', 'name')).startsWith('pod/');
  await pollUntil({ probe: isMade, timeoutMs: 180_000, description: 'the broker to be made again', signal: run.signal });
  await run.kubectl('wait', 'pod', ...brokers, '--for=condition=Ready', '--timeout=180s');
}
