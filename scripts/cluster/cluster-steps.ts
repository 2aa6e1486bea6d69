import type { ClusterRun } from './cluster-run.ts';
import { helmTest, install, uninstallAndInstall } from './steps/install.ts';
import { checkDashboards, checkImage, runDemos, startPrometheus } from './steps/look.ts';
import { operate } from './steps/operate.ts';
import { checkRights } from './steps/rights.ts';
import { killPods, restartBroker, rollEverything, scaleWorker, underLoad, wipeRedis } from './steps/under-load.ts';

/** One part of the cluster test. */
export interface ClusterStep {
  readonly name: string;
  readonly run: (run: ClusterRun) => Promise<void>;
  /** Nothing after it can pass without it. */
  readonly isNeeded?: boolean;
}

/** In their order; each leaves the release running. */
export const CLUSTER_STEPS: readonly ClusterStep[] = [
  { name: 'install', run: install, isNeeded: true },
  { name: 'helm test', run: helmTest },
  { name: 'image', run: checkImage },
  { name: 'a user is refused what its service does not declare', run: checkRights },
  { name: 'Prometheus finds the pods', run: startPrometheus },
  { name: 'demos', run: runDemos },
  { name: 'dashboards find data', run: checkDashboards },
  { name: 'an operator stops, starts and rewinds', run: operate },
  { name: 'upgrade and rollback under load', run: (run) => underLoad(run, { disturb: rollEverything, ordersMissed: 0.05 }) },
  { name: 'pods killed under load', run: (run) => underLoad(run, { disturb: killPods, ordersMissed: 0.3 }) },
  { name: 'worker scaled 1, 4, 1 under load', run: (run) => underLoad(run, { disturb: scaleWorker, ordersMissed: 0.02 }) },
  { name: 'Redis wiped under load', run: (run) => underLoad(run, { disturb: wipeRedis, ordersMissed: 0.02 }) },
  { name: 'broker restarted under load', run: (run) => underLoad(run, { disturb: restartBroker, ordersMissed: 0.6 }) },
  { name: 'uninstall, and install with the old volumes', run: uninstallAndInstall },
  { name: 'helm test after it', run: helmTest },
];
