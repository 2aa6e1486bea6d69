import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClusterInstallation } from '../cluster-installation.ts';
import type { ClusterRun } from '../cluster-run.ts';
import { podsOf } from '../pods.ts';
import { OPERATOR } from './install.ts';

const COMPONENT = 'intake-worker';
const GROUP = 'intake.worker';
const HOUR_MS = 3_600_000;

/** The CLI with the rights of the chart's Role and no others: it sees everything, stops a component, starts it again, and rewinds its group. */
export async function operate(run: ClusterRun): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'throughline-operator-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, await operatorConfig(run), { mode: 0o600 });
    const cli = (env: NodeJS.ProcessEnv, ...args: readonly string[]) =>
      run.node(['packages/cli/src/main.ts', 'cluster', ...args, '--namespace', run.namespace], {
        KUBECONFIG: kubeconfig,
        ...env,
      });
    await requireAllReady(run, await cli({}, 'status', '--json'));
    try {
      run.say((await cli({}, 'stop', COMPONENT)).trim());
      await requirePods(run, 0);
    } finally {
      run.say((await cli({}, 'start', COMPONENT)).trim());
    }
    await requirePods(run, 1);
    const from = new Date(Date.now() - HOUR_MS).toISOString();
    const output = await atOperations(run, (env) => cli(env, 'rewind', GROUP, '--from', from, '--yes'));
    run.say(output.trim().split('\n').at(-1) ?? '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A kubeconfig of the present cluster with a token of the operators' service account. */
async function operatorConfig(run: ClusterRun): Promise<string> {
  await run.apply(JSON.stringify({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: OPERATOR } }));
  const token = (await run.kubectl('create', 'token', OPERATOR, '--duration=10m')).trim();
  const config = JSON.parse(await run.kubectl('config', 'view', '--raw', '--minify', '--flatten', '-o', 'json')) as {
    users: { name: string; user: unknown }[];
  };
  return JSON.stringify({ ...config, users: config.users.map(({ name }) => ({ name, user: { token } })) });
}

async function requireAllReady(run: ClusterRun, output: string): Promise<void> {
  const { workloads, topics, users } = JSON.parse(output) as {
    workloads: readonly { component: string; isRolledOut: boolean }[];
    topics: { total: number; notReady: readonly { name: string }[] };
    users: { total: number; notReady: readonly { name: string }[] };
  };
  const rollingOut = workloads.filter(({ isRolledOut }) => !isRolledOut).map(({ component }) => component);
  const unready = [...rollingOut, ...[...topics.notReady, ...users.notReady].map(({ name }) => name)];
  if (unready.length > 0) throw new Error(`not ready: ${unready.join(', ')}`);
  run.say(`an operator sees ${workloads.length} workloads, ${topics.total} topics and ${users.total} users, all ready`);
}

/** One that has ended may be listed for a while. */
async function requirePods(run: ClusterRun, count: number): Promise<void> {
  const ready = (await podsOf(run)).filter(({ component, isReady }) => component === COMPONENT && isReady);
  if (ready.length !== count) throw new Error(`${COMPONENT} has ${ready.length} ready pods, not ${count}`);
}

/** With where the component's operations are. */
async function atOperations(run: ClusterRun, act: (env: NodeJS.ProcessEnv) => Promise<string>): Promise<string> {
  const installation = await openClusterInstallation({ ...run, edgeUrl: run.entrance });
  try {
    const [url, token] = [await installation.opsUrl(COMPONENT), await installation.operationsToken()];
    return await act({ THROUGHLINE_URLS: url, THROUGHLINE_TOKEN: token });
  } finally {
    await installation.close();
  }
}
