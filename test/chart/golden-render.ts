import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import type { KubeObject } from './kube-object.ts';
import { CHART_FOLDER, renderChart } from './render-chart.ts';

/** What production values need a cluster to know. */
const API_VERSIONS = ['monitoring.coreos.com/v1'];

/** The values files that are rendered: `dev` of `ci/dev-values.yaml`, and so on. */
export const VALUES_NAMES = readdirSync(join(CHART_FOLDER, 'ci')).map((file) => basename(file, '-values.yaml'));

/** The objects of a values file. */
export function renderValuesFile(name: string, helm?: string): Promise<readonly KubeObject[]> {
  const files = [join(CHART_FOLDER, 'ci', `${name}-values.yaml`)];
  return renderChart({ files, apiVersions: API_VERSIONS, ...(helm !== undefined && { helm }) });
}

/** A render as it is kept: sorted, without what is random, and without dashboards, which are files of their own. */
export function goldenText(objects: readonly KubeObject[]): string {
  return [...objects]
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en'))
    .map((object) => stringify(withoutContents(object), { lineWidth: 0, sortMapEntries: true, aliasDuplicateObjects: false }))
    .join('---\n');
}

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name}`;
}

function withoutContents(object: KubeObject): KubeObject {
  if (object.data === undefined) return object;
  const contents = object.kind === 'Secret' ? '(random)' : '(a file of the chart)';
  return { ...object, data: Object.fromEntries(Object.keys(object.data).map((key) => [key, contents])) };
}
