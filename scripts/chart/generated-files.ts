import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentResources } from './component-resources.ts';
import { valuesTable } from './values-table.ts';

/** Folder of the chart, from the repository's root. */
const CHART = 'charts/throughline';

/** Folders of the chart in which every file is generated. */
export const GENERATED_FOLDERS = [`${CHART}/kafka`, `${CHART}/dashboards`] as const;

/** What the chart has from elsewhere, by path from the repository's root: what services declare of Kafka, the dashboards, the table of values. */
export async function generatedFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const [name, resources] of await componentResources(root)) {
    files.set(`${CHART}/kafka/${name}.json`, `${JSON.stringify(resources, null, 2)}\n`);
  }
  const dashboards = join(root, 'observability', 'dashboards');
  for (const file of readdirSync(dashboards).filter((name) => name.endsWith('.json'))) {
    files.set(`${CHART}/dashboards/${file}`, readFileSync(join(dashboards, file), 'utf8'));
  }
  const read = (name: string) => readFileSync(join(root, CHART, name), 'utf8');
  files.set(
    `${CHART}/README.md`,
    valuesTable({ schema: read('values.schema.json'), values: read('values.yaml'), readme: read('README.md') }),
  );
  return files;
}
