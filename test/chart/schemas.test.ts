import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLS } from '../../scripts/tools/tools.ts';
import { renderValuesFile, VALUES_NAMES } from './golden-render.ts';
import type { KubeObject } from './kube-object.ts';
import { parseObjects, renderChart } from './render-chart.ts';
import { runJudge } from './run-judge.ts';
import { describeWith, toolPath } from './tool-path.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SCHEMAS = join(import.meta.dirname, 'schemas', '{{.ResourceKind}}{{.KindSuffix}}.json');
/** Not kind's own configuration, which is no object of a cluster. */
const MANIFESTS = globSync('k8s/*.yaml', { cwd: ROOT }).filter((path) => path !== 'k8s/kind.yaml');

interface Verdict {
  readonly resources: readonly { readonly kind: string; readonly name: string; readonly status: string; readonly msg: string }[];
  readonly summary: { readonly valid: number; readonly invalid: number; readonly errors: number; readonly skipped: number };
}

/** What kubeconform finds wrong, and how many objects it found right. */
async function judge(objects: readonly KubeObject[]): Promise<{ valid: number; faults: readonly string[] }> {
  const args = ['-strict', '-output=json', '-summary', `-schema-location=${SCHEMAS}`];
  // As JSON: older and newer versions of YAML differ in what is a string.
  const text = await runJudge(toolPath(TOOLS.kubeconform), args, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  const { resources, summary } = JSON.parse(text) as Verdict;
  return { valid: summary.valid, faults: resources.map(({ kind, name, status, msg }) => `${kind} ${name}: ${status} ${msg}`) };
}

describeWith(
  [TOOLS.kubeconform],
  'by the schemas of Kubernetes 1.34, Strimzi 1.2, Gateway API, KEDA and the Prometheus Operator',
  () => {
    it.each(VALUES_NAMES)('every object is right with %s values', async (name) => {
      const objects = await renderValuesFile(name);
      expect(await judge(objects)).toEqual({ valid: objects.length, faults: [] });
    });

    it.each(MANIFESTS)('every object in %s is right', async (path) => {
      const objects = parseObjects(readFileSync(join(ROOT, path), 'utf8'));
      expect(await judge(objects)).toEqual({ valid: objects.length, faults: [] });
    });

    it('a key that does not exist is a fault', async () => {
      const [deployment] = (await renderChart()).filter(({ kind }) => kind === 'Deployment');
      const { faults } = await judge([{ ...deployment, spec: { ...deployment?.spec, replica: 2 } } as KubeObject]);
      expect(faults.join()).toContain("additional properties 'replica' not allowed");
    });

    it('a kind without a schema is a fault', async () => {
      expect((await judge([{ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'x' } }])).faults.join()).toContain(
        'could not find schema',
      );
    });
  },
);
