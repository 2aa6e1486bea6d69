import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCluster } from '@throughline/kubernetes';
import {
  type AskedRight,
  allows,
  type FakeApiServer,
  type PolicyRule,
  startFakeApiServer,
} from '../../packages/kubernetes/src/fake-api-server.fixture.ts';
import { deployment, labelsOf, pod } from '../../packages/kubernetes/src/fake-objects.fixture.ts';
import { TOOLS } from '../../scripts/tools/tools.ts';
import { type KubeObject, ofKind, theOne } from './kube-object.ts';
import { renderChart } from './render-chart.ts';
import { describeWith } from './tool-path.ts';

const NAME = 'throughline-operator';
const folder = mkdtempSync(join(tmpdir(), 'throughline-role-'));
const kubeconfig = join(folder, 'config');
let server: FakeApiServer;
let rules: readonly PolicyRule[];

type RbacObject = KubeObject & {
  readonly rules: readonly PolicyRule[];
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
};

/** Everything that the package can do. */
async function doEverything(): Promise<readonly AskedRight[]> {
  const cluster = openCluster({ kubeconfig, pollMs: 2 });
  await cluster.workloads();
  await cluster.topics();
  await cluster.users();
  await cluster.stop('intake-worker');
  await cluster.start('intake-worker');
  return server.asked;
}

describeWith([TOOLS.helm], 'the operator role', () => {
  beforeAll(async () => {
    const objects = await renderChart({ values: { operatorRole: { enabled: true } } });
    rules = (theOne(objects, 'Role', NAME) as RbacObject).rules;
    expect(ofKind(objects, 'RoleBinding')).toEqual([]);
  });
  beforeEach(async () => {
    server = await startFakeApiServer();
    server.rules = rules;
    writeFileSync(kubeconfig, server.kubeconfig);
    server.add('deployments', deployment('intake-worker'), deployment('postgresql'));
    server.add('pods', pod('intake-worker', 'a'));
    server.add('scaledobjects', { metadata: { name: 'throughline-intake-worker', labels: labelsOf('intake-worker') }, spec: {} });
  });
  afterEach(() => server.close());
  afterAll(() => rmSync(folder, { recursive: true }));

  it('lets do everything that throughline cluster does', async () => {
    await expect(doEverything()).resolves.not.toEqual([]);
  });

  it('has no verb on anything that is not used', async () => {
    const asked = await doEverything();
    const unused = rules
      .flatMap((rule) =>
        rule.resources.flatMap((resource) => rule.verbs.map((verb) => ({ ...rule, resources: [resource], verbs: [verb] }))),
      )
      .filter((rule) => !asked.some((right) => allows(rule, right)));
    expect(unused).toEqual([]);
  });

  it('is needed to the last verb', async () => {
    for (const [index, rule] of rules.entries()) {
      for (const verb of rule.verbs) {
        server.rules = rules.with(index, { ...rule, verbs: rule.verbs.filter((other) => other !== verb) });
        await expect(doEverything()).rejects.toMatchObject({ code: 'CLUSTER_REFUSED' });
      }
    }
  });

  it('stops no store', async () => {
    await expect(openCluster({ kubeconfig }).stop('postgresql')).rejects.toMatchObject({ code: 'CLUSTER_REFUSED' });
  });

  it('is not there by default, and bound to nobody unless somebody is named', async () => {
    expect(ofKind(await renderChart(), 'Role').map(({ metadata }) => metadata.name)).not.toContain(NAME);
    const group = { kind: 'Group', name: 'operators', apiGroup: 'rbac.authorization.k8s.io' };
    const bound = await renderChart({ values: { operatorRole: { enabled: true, subjects: [group] } } });
    expect((theOne(bound, 'RoleBinding', NAME) as RbacObject).subjects).toEqual([group]);
  });
});
