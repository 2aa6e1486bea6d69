import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { systems } from '../systems.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'observability', 'dashboards');

/** One panel of a Grafana dashboard, as far as it is looked at here. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

/** A variable of a dashboard. */
export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
  readonly includeAll: boolean;
  readonly allValue?: string;
  readonly current: { readonly value?: string | readonly string[] };
}

/** A Grafana dashboard, as far as it is looked at here. */
export interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

/** Names of the dashboards in `observability/dashboards/`; one that is named after a system is left out when the system is not among those that run. */
export function dashboardNames(runningSystems: readonly string[] = Object.keys(systems)): readonly string[] {
  const names = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return names
    .map((file) => basename(file, '.json'))
    .filter((name) => !(name in systems) || runningSystems.includes(name))
    .sort();
}

/** Reads a dashboard of `observability/dashboards/` by its name. */
export function readDashboard(name: string): Dashboard {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Dashboard;
}

/** Every query of a dashboard with the title of its panel. */
export function queriesOf({ panels }: Dashboard): { title: string; expr: string }[] {
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
}
