import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { TOOLS } from '../../scripts/tools/tools.ts';
import { type KubeObject, ofKind, theOne } from './kube-object.ts';
import { renderChart } from './render-chart.ts';
import { describeWith, toolPath } from './tool-path.ts';

/** What a cluster that knows the kinds of these objects says about itself. */
function discoveryOf(objects: readonly KubeObject[]): ReadonlyMap<string, unknown> {
  const kinds = Map.groupBy(objects, ({ apiVersion }) => apiVersion);
  const groups = Map.groupBy(
    [...kinds.keys()].filter((apiVersion) => apiVersion.includes('/')),
    (apiVersion) => apiVersion.split('/')[0] ?? '',
  );
  const resources = [...kinds].map(([groupVersion, its]): [string, unknown] => {
    const names = [...new Set(its.map(({ kind }) => kind))];
    const list = names.map((kind) => ({
      name: `${kind.toLowerCase()}s`,
      singularName: kind.toLowerCase(),
      namespaced: true,
      kind,
      verbs: ['get', 'list'],
    }));
    return [
      groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`,
      { kind: 'APIResourceList', groupVersion, resources: list },
    ];
  });
  const groupList = [...groups].map(([name, versions]) => {
    const all = versions.map((groupVersion) => ({ groupVersion, version: groupVersion.split('/')[1] }));
    return { name, versions: all, preferredVersion: all[0] };
  });
  return new Map<string, unknown>([
    ['/version', { major: '1', minor: '34', gitVersion: 'v1.34.0' }],
    ['/api', { kind: 'APIVersions', versions: ['v1'] }],
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: groupList }],
    ...resources,
  ]);
}

/** An API server of a cluster that has these objects' secrets. */
function serveCluster(objects: readonly KubeObject[]): Server {
  const discovery = discoveryOf(objects);
  const secrets = new Map(ofKind(objects, 'Secret').map((secret) => [secret.metadata.name, secret]));
  return createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const name = path.match(/^\/api\/v1\/namespaces\/throughline\/secrets\/([^/]+)$/)?.[1];
    const answer = discovery.get(path) ?? secrets.get(name ?? '');
    const notFound = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 };
    response
      .writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer ?? notFound));
  });
}

describeWith([TOOLS.helm, TOOLS.helm3], 'generated secrets', () => {
  let folder: string;
  let server: Server;
  let first: readonly KubeObject[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cluster-'));
    first = await renderChart();
    server = serveCluster(first).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'it', cluster }],
      contexts: [{ name: 'it', context: { cluster: 'it', user: '' } }],
      'current-context': 'it',
    };
    writeFileSync(join(folder, 'config'), stringify(config));
  });

  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    rmSync(folder, { recursive: true, force: true });
  });

  const upgrade = (helm: string, values: unknown = {}) =>
    renderChart({
      helm,
      values,
      args: ['--is-upgrade', '--dry-run=server', '--disable-openapi-validation', `--kubeconfig=${join(folder, 'config')}`],
    });

  it.each([TOOLS.helm, TOOLS.helm3])('stay what they are on an upgrade with $title', async (tool) => {
    expect(ofKind(await upgrade(toolPath(tool)), 'Secret')).toEqual(ofKind(first, 'Secret'));
  });

  it('get a key that is new, and keep the others', async () => {
    const generated = ['operations-token', 'internal-token', 'key-encryption-secret', 'admin-password', 'one-more'];
    const { data } = theOne(await upgrade(toolPath(TOOLS.helm), { secrets: { generated } }), 'Secret', 'throughline-secrets');
    expect(data).toEqual({ ...theOne(first, 'Secret', 'throughline-secrets').data, 'one-more': expect.any(String) });
  });

  it('are others in another installation', async () => {
    expect(ofKind(await renderChart(), 'Secret')).not.toEqual(ofKind(first, 'Secret'));
  });
});
