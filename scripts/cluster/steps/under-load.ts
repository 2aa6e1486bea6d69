import { pollUntil } from '../../stack/poll-until.ts';
import type { ClusterRun } from '../cluster-run.ts';
import { type PodState, podsOf } from '../pods.ts';
import { type LoadCommand, startLoad } from '../start-load.ts';
import { upgrade } from './install.ts';

const LOADS: readonly LoadCommand[] = [
  { script: 'load-intake.ts', args: ['--rate', '50', '--connections', '64'] },
  { script: 'load-storage.ts', args: ['--rate', '5', '--concurrency', '4'] },
];
/** Requests that must succeed before and after what is done, of each load. */
const CALM_REQUESTS = 20;
const READY_WITHIN_MS = 120_000;

export interface Disturbance {
  readonly disturb: (run: ClusterRun) => Promise<void>;
  /** Part of the orders that may be turned down or get no answer, 0 to 1. */
  readonly ordersMissed: number;
}

/** Orders and uploads before, during and after what is done; none that was accepted may be lost or doubled. */
export async function underLoad(run: ClusterRun, { disturb, ordersMissed }: Disturbance): Promise<void> {
  const loads = LOADS.map((command) => startLoad(run, command));
  const goOn = () => Promise.all(loads.map((load) => load.goesOn(CALM_REQUESTS)));
  const disturbed = await Promise.allSettled([
    goOn()
      .then(() => disturb(run))
      .then(goOn),
  ]);
  const finished = await Promise.allSettled(loads.map((load) => load.finish()));
  const causes = [...disturbed, ...finished].flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  if (causes.length > 0) throw new Error(causes.map(({ message }) => message).join('\n'));
  const reports = finished.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])).join('\n');
  for (const [line] of reports.matchAll(/^(?:(?:requests|orders|uploads|objects) | {10}.* × ).*/gm)) run.say(line);
  const [, sent, accepted] = /^requests +(\d+) sent: (\d+) accepted/m.exec(reports) ?? [];
  const missed = 1 - Number(accepted) / Number(sent);
  if (!(missed <= ordersMissed))
    throw new Error(`${(missed * 100).toFixed(1)} % of the orders were not accepted, more than ${ordersMissed * 100} %`);
}

/** Each component with other pods, then by the revision before. */
export async function rollEverything(run: ClusterRun): Promise<void> {
  const replaced = async (roll: () => Promise<unknown>) => {
    const before = await componentPods(run);
    await roll();
    const kept = (await componentPods(run)).filter(({ uid }) => before.some((pod) => pod.uid === uid));
    if (kept.length > 0) throw new Error(`not replaced: ${kept.map(({ name }) => name).join(', ')}`);
    return before.length;
  };
  const count = await replaced(() => upgrade(run, '--set-string', `defaults.podAnnotations.rolled=${Date.now()}`));
  run.say(`the upgrade replaced ${count} pods`);
  await replaced(() => run.helm('rollback', run.release, '--wait', '--timeout', '6m'));
  run.say('and the rollback as well');
}

const NOT_COMPONENTS = ['postgresql', 'postgresql-databases', 'redis', 'tests'];

async function componentPods(run: ClusterRun): Promise<readonly PodState[]> {
  return (await podsOf(run)).filter(({ component }) => !NOT_COMPONENTS.includes(component));
}

export async function killPods(run: ClusterRun): Promise<void> {
  for (const component of ['intake-api', 'intake-worker', 'storage-object', 'storage-metadata']) {
    const ofComponent = async () => (await podsOf(run)).filter((pod) => pod.component === component);
    const killed = await ofComponent();
    await run.kubectl('delete', 'pod', ...killed.map(({ name }) => name), '--grace-period=0', '--force');
    const isThereAgain = async () =>
      (await ofComponent()).some(({ uid, isReady }) => isReady && !killed.some((pod) => pod.uid === uid));
    const description = `another pod of ${component}`;
    await pollUntil({ probe: isThereAgain, timeoutMs: READY_WITHIN_MS, intervalMs: 500, description, signal: run.signal });
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
  const wipe = 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli -e flushall';
  const output = await run.kubectl('exec', `deploy/${run.release}-redis`, '--', 'sh', '-c', wipe);
  if (!/^OK$/m.test(output)) throw new Error(`Redis was not wiped: ${output}`);
}

export async function restartBroker(run: ClusterRun): Promise<void> {
  const brokers = ['-l', 'strimzi.io/cluster=throughline,strimzi.io/broker-role=true'] as const;
  await run.kubectl('delete', 'pod', ...brokers, '--wait=true');
  const isMade = async () => (await run.kubectl('get', 'pod', ...brokers, '-o', 'name')).startsWith('pod/');
  await pollUntil({ probe: isMade, timeoutMs: 180_000, description: 'the broker to be made again', signal: run.signal });
  await run.kubectl('wait', 'pod', ...brokers, '--for=condition=Ready', '--timeout=180s');
}
