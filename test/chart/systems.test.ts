import { systems } from '../../scripts/systems.ts';
import { type KubeObject, namesOf, podsOf } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

const only = (wanted: string) => ({
  systems: Object.fromEntries(Object.keys(systems).map((name) => [name, { enabled: name === wanted }])),
});

const componentsOf = (objects: readonly KubeObject[]) =>
  podsOf(objects)
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ name }) => name.replace('throughline-', ''))
    .filter((name) => !['console', 'edge', 'postgresql', 'redis'].includes(name))
    .sort();

describe('a system', () => {
  it('is known to the chart as it is to the local stack, service by service', async () => {
    for (const [name, services] of Object.entries(systems)) {
      expect(componentsOf(await renderChart({ values: only(name) }))).toEqual(services.map((service) => service.name).sort());
    }
  });

  describe('that is switched off', () => {
    let objects: readonly KubeObject[];

    beforeAll(async () => {
      objects = await renderChart({ values: only('storage') });
    });

    it('leaves nothing that carries its name: no workload, account, policy, topic, user or dashboard', () => {
      expect(
        objects.filter(({ metadata }) => /intake/.test(metadata.name)).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      ).toEqual([]);
    });

    it('is not tested, and nobody may publish for it', () => {
      expect(JSON.stringify(podsOf(objects))).not.toMatch(/intake/i);
      expect(JSON.stringify(objects.filter(({ kind }) => kind === 'KafkaUser'))).not.toMatch(/intake/);
    });

    it('keeps the password of its database for the day it is switched on again', () => {
      const secret = objects.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === 'throughline-postgresql');
      expect(Object.keys(secret?.data ?? {})).toContain('intake-worker');
    });

    it('is gone from the console’s and the entrance’s addresses', async () => {
      const variables = podsOf(await renderChart({ values: only('intake') })).flatMap(
        ({ spec }) => spec.containers[0]?.env ?? [],
      );
      expect(variables.filter(({ value }) => /throughline-storage-(bucket|object|metadata)/.test(value ?? ''))).toEqual([]);
    });
  });

  it('leaves nothing to test when all are off, and nobody who may publish for a test', async () => {
    const objects = await renderChart({ values: { systems: { intake: { enabled: false }, storage: { enabled: false } } } });
    expect(objects.filter(({ metadata }) => metadata.name.endsWith('-tests'))).toEqual([]);
    expect(namesOf(objects, 'Deployment')).toContain('throughline-console');
  });

  it('leaves the dashboards of all systems when all are off', async () => {
    const dashboards = async (enabled: boolean) =>
      namesOf(await renderChart({ values: { systems: { intake: { enabled }, storage: { enabled } } } }), 'ConfigMap');
    expect(await dashboards(true)).toContain('throughline-dashboard-intake');
    expect(await dashboards(false)).not.toContain('throughline-dashboard-intake');
  });
});
