import type { ClusterRun } from './cluster-run.ts';
import { helmTest, install, uninstallAndInstall } from './steps/install.ts';
import { checkDashboards, checkPods, runDemos, startPrometheus } from './steps/look.ts';
import { operate } from './steps/operate.ts';
import { checkRights } from './steps/rights.ts';
import { killPods, restartBroker, rollEverything, scaleWorker, underLoad, wipeRedis } from './steps/under-load.ts';

/** One part of the cluster test. */
export interface ClusterStep {
  readonly name: string;
  readonly run: (run: ClusterRun) => Promise<void>;
}

/** In their order; each leaves the release running. */
export const CLUSTER_STEPS: readonly ClusterStep[] = [
  { name: 'install', run: install },
  { name: 'helm test', run: helmTest },
  { name: 'a user is refused what its service does not declare', run: checkRights },
  { name: 'Prometheus finds the pods', run: startPrometheus },
  { name: 'demos', run: runDemos },
  { name: 'dashboards find data', run: checkDashboards },
  { name: 'an operator stops, starts and rewinds', run: operate },
  { name: 'upgrade and rollback under load', run: (run) => underLoad(run, rollEverything) },
  { name: 'pods killed under load', run: (run) => underLoad(run, killPods) },
  { name: 'worker scaled 1, 4, 1 under load', run: (run) => underLoad(run, scaleWorker) },
  { name: 'Redis wiped under load', run: (run) => underLoad(run, wipeRedis) },
  { name: 'broker restarted under load', run: (run) => underLoad(run, restartBroker) },
  { name: 'no pod restarted by itself', run: checkPods },
  { name: 'uninstall, and install with the old volumes', run: uninstallAndInstall },
  { name: 'helm test after it', run: helmTest },
  { name: 'no pod restarted since', run: checkPods },
];
