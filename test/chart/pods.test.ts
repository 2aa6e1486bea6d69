import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type KubeObject, ofKind, type Pod, podsOf, theOne } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

const SERVICES = join(import.meta.dirname, '..', '..', 'services');

describe('the pods', () => {
  let objects: readonly KubeObject[];
  let pods: readonly Pod[];

  beforeAll(async () => {
    objects = await renderChart();
    pods = podsOf(objects);
  });

  const containers = () =>
    pods.flatMap(({ name, spec }) =>
      [...(spec.initContainers ?? []), ...spec.containers].map((container) => ({ pod: name, ...container })),
    );
  const services = () =>
    podsOf(objects.filter(({ kind }) => kind === 'Deployment')).filter(({ spec }) =>
      spec.containers[0]?.args?.[0]?.startsWith('services/'),
    );

  it('are of every component, of the stores, of their set-up and of the test', () => {
    expect(pods.map(({ name }) => name.replace('throughline-', '')).sort()).toEqual([
      'console',
      'edge',
      'intake-api',
      'intake-worker',
      'postgresql',
      'postgresql-databases-1',
      'redis',
      'storage-auth',
      'storage-bucket',
      'storage-metadata',
      'storage-object',
      'tests',
    ]);
  });

  it('run as a user that is not root, with the runtime’s seccomp profile', () => {
    for (const { name, spec } of pods) {
      expect([name, spec.securityContext]).toEqual([
        name,
        expect.objectContaining({
          runAsNonRoot: true,
          runAsUser: expect.any(Number),
          seccompProfile: { type: 'RuntimeDefault' },
        }),
      ]);
      expect(spec.securityContext?.runAsUser).not.toBe(0);
    }
  });

  it('have a read-only root, no privileges and no capabilities', () => {
    for (const { pod, securityContext } of containers()) {
      expect([pod, securityContext]).toEqual([
        pod,
        { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      ]);
    }
  });

  it('have no token of the cluster’s API, neither by themselves nor by their account', () => {
    for (const { name, spec } of pods) expect([name, spec.automountServiceAccountToken]).toEqual([name, false]);
    for (const { metadata, ...account } of ofKind(objects, 'ServiceAccount')) {
      expect([metadata.name, account]).toEqual([metadata.name, expect.objectContaining({ automountServiceAccountToken: false })]);
    }
  });

  it('have an account of their own', () => {
    for (const { name, spec } of services())
      expect(theOne(objects, 'ServiceAccount', spec.serviceAccountName ?? '').metadata.name).toBe(name);
  });

  it('wait for nothing in init containers', () => {
    expect(pods.flatMap(({ spec }) => spec.initContainers ?? [])).toEqual([]);
  });

  it('ask for memory and processor time, and have a limit of memory', () => {
    for (const { pod, resources } of containers()) {
      expect([pod, resources]).toEqual([
        pod,
        { requests: { cpu: expect.any(String), memory: expect.any(String) }, limits: { memory: expect.any(String) } },
      ]);
    }
  });

  it('use no image by a floating tag', () => {
    for (const { image } of containers()) expect(image).toMatch(/:(?!latest$)[\w.-]+$/);
  });

  it('are asked by the platform as the services answer: alive, then ready', () => {
    expect(services()).toHaveLength(8);
    for (const { spec } of services()) {
      const [container] = spec.containers;
      expect(container?.startupProbe?.httpGet).toEqual({ path: '/livez', port: 'ops' });
      expect(container?.livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'ops' });
      expect(container?.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'ops' });
    }
  });

  it('leave their Service before they are told to stop, and have the grace after it that their service is told of', () => {
    for (const { name, spec } of services()) {
      const [container] = spec.containers;
      const preStopSeconds = container?.lifecycle?.preStop.sleep.seconds ?? 0;
      expect([name, preStopSeconds]).toEqual([name, 5]);
      const told = container?.env?.find((variable) => variable.name === 'TERMINATION_GRACE_MS')?.value;
      expect([name, told]).toEqual([name, `${((spec.terminationGracePeriodSeconds ?? 0) - preStopSeconds) * 1_000}`]);
    }
  });

  it('are spread over nodes, and drained one at a time', () => {
    for (const { name } of services()) {
      expect(theOne(objects, 'Deployment', name).spec.template.spec.topologySpreadConstraints).toHaveLength(1);
      expect(theOne(objects, 'PodDisruptionBudget', name).spec.maxUnavailable).toBe(1);
    }
  });

  it('are replaced one after the other, but for the one whose volume has one writer', () => {
    for (const { name } of services()) {
      const { strategy } = theOne(objects, 'Deployment', name).spec;
      const isOneWriter = name === 'throughline-storage-object';
      expect([name, strategy]).toEqual([
        name,
        isOneWriter ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      ]);
    }
  });

  it('are selected by what does not change from version to version', () => {
    for (const { metadata, spec } of ofKind(objects, 'Deployment')) {
      expect(Object.keys(spec.selector.matchLabels)).toEqual(['app.kubernetes.io/instance', 'app.kubernetes.io/component']);
      expect(spec.template.metadata.labels).toEqual(expect.objectContaining(spec.selector.matchLabels));
      expect(metadata.namespace).toBe('throughline');
    }
  });

  it('start anew when their settings change, and only then', async () => {
    const checksums = (all: readonly KubeObject[]) =>
      Object.fromEntries(
        ofKind(all, 'Deployment').map(({ metadata, spec }) => [
          metadata.name,
          spec.template.metadata.annotations?.['checksum/environment'],
        ]),
      );
    const before = checksums(objects);
    const after = checksums(await renderChart({ values: { components: { console: { env: { LOG_LEVEL: 'debug' } } } } }));
    expect(after['throughline-console']).not.toBe(before['throughline-console']);
    expect({ ...after, 'throughline-console': '' }).toEqual({ ...before, 'throughline-console': '' });
  });

  it('run every service that there is', () => {
    const entries = readdirSync(SERVICES, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('src/main.ts') && !path.includes('node_modules'))
      .map((path) => `services/${path}`);
    expect(
      services()
        .map(({ spec }) => spec.containers[0]?.args?.[0])
        .sort(),
    ).toEqual(entries.sort());
  });

  it('write to an own /tmp alone, and where their volume is', () => {
    for (const { spec } of services()) {
      const writable = spec.containers[0]?.volumeMounts
        ?.filter(({ readOnly }) => readOnly !== true)
        .map(({ mountPath }) => mountPath);
      expect(['/tmp', '/tmp,/data']).toContain(writable?.join());
    }
  });
});
