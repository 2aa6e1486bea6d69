import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLS } from '../../scripts/tools/tools.ts';
import { renderValuesFile, VALUES_NAMES } from './golden-render.ts';
import type { KubeObject } from './kube-object.ts';
import { runJudge } from './run-judge.ts';
import { describeWith, toolPath } from './tool-path.ts';

/** Options that leave checks out, each with the reason. */
const IGNORED = JSON.parse(readFileSync(join(import.meta.dirname, 'ignored-checks.json'), 'utf8')) as Record<string, string>;

/** What kube-score calls critical. */
async function criticalOf(objects: readonly KubeObject[]): Promise<readonly string[]> {
  const args = ['score', '-', '--output-format=ci', '--kubernetes-version=v1.34', ...Object.keys(IGNORED)];
  // As JSON: older and newer versions of YAML differ in what is a string.
  const text = await runJudge(toolPath(TOOLS.kubeScore), args, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  expect(text).toContain('[OK]');
  return text.split('\n').filter((line) => line.startsWith('[CRITICAL]'));
}

describeWith([TOOLS.kubeScore], 'kube-score', () => {
  it.each(VALUES_NAMES)('finds nothing critical with %s values', async (name) => {
    const objects = await renderValuesFile(name);
    // Where others look after the network, they have its policies.
    const isWithoutPolicies = !objects.some(({ kind }) => kind === 'NetworkPolicy');
    const critical = await criticalOf(objects);
    expect(critical.filter((line) => !(isWithoutPolicies && line.includes('NetworkPolicy')))).toEqual([]);
  });

  it('finds what is critical', async () => {
    const objects = await renderValuesFile('dev');
    const rootful = objects.map((object) =>
      object.kind !== 'Pod'
        ? object
        : {
            ...object,
            spec: {
              ...object.spec,
              containers: object.spec.containers.map((container: object) => ({ ...container, securityContext: {} })),
            },
          },
    );
    expect((await criticalOf(rootful)).join('\n')).toContain('throughline-tests');
  });
});
