import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KubeObject, ofKind, podsOf, theOne } from './kube-object.ts';
import { CHART_FOLDER, renderChart } from './render-chart.ts';

const SECRET_NAMES = /PASSWORD|TOKEN|SECRET|DATABASE_URL|REDIS_URL/;
const KEEP = { 'helm.sh/resource-policy': 'keep' };

const EXTERNAL = {
  postgresql: { dev: { enabled: false }, existingSecret: 'my-databases' },
  redis: { dev: { enabled: false }, existingSecret: 'my-redis' },
  secrets: { existingSecret: 'my-secrets' },
};

describe('secrets', () => {
  let objects: readonly KubeObject[];
  let external: readonly KubeObject[];

  beforeAll(async () => {
    objects = await renderChart();
    external = await renderChart({ values: EXTERNAL });
  });

  const variables = (all: readonly KubeObject[]) =>
    podsOf(all).flatMap(({ spec }) => spec.containers.flatMap(({ env = [] }) => env));
  const references = (all: readonly KubeObject[]) => variables(all).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);

  it('reach a container by reference alone', () => {
    for (const { name, value } of variables(objects).filter((variable) => SECRET_NAMES.test(variable.name))) {
      // A URL is put together from a password that is a reference; a file is of a mounted secret.
      if (value !== undefined)
        expect([name, value]).toEqual([name, expect.stringMatching(/^((postgres|redis):\/\/[^@]*\$\([A-Z_]+\)@|\/etc\/)/)]);
    }
  });

  it('are not readable in anything but a Secret', () => {
    const values = ofKind(objects, 'Secret').flatMap(({ data }) => Object.values(data ?? {}));
    expect(values.length).toBeGreaterThan(5);
    const rest = JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'));
    for (const value of values) {
      expect(rest).not.toContain(value);
      expect(rest).not.toContain(Buffer.from(value, 'base64').toString());
    }
  });

  it('have every key that somebody asks for', () => {
    const kept = new Map(ofKind(objects, 'Secret').map(({ metadata, data }) => [metadata.name, Object.keys(data ?? {})]));
    // Strimzi makes a user's, named after the user.
    for (const { metadata } of ofKind(objects, 'KafkaUser')) kept.set(metadata.name, ['password', 'sasl.jaas.config']);
    for (const { name, key } of references(objects))
      expect([name, kept.get(name)]).toEqual([name, expect.arrayContaining([key])]);
  });

  it('differ from each other and are long', () => {
    const values = ofKind(objects, 'Secret').flatMap(({ data }) => Object.values(data ?? {}));
    expect(new Set(values).size).toBe(values.length);
    for (const value of values) expect(Buffer.from(value, 'base64').length).toBeGreaterThanOrEqual(32);
  });

  it('that exist already are used, and none is made', () => {
    expect(ofKind(external, 'Secret')).toEqual([]);
    const names = new Set(references(external).map(({ name }) => name));
    for (const { metadata } of ofKind(external, 'KafkaUser')) names.delete(metadata.name);
    expect([...names].sort()).toEqual(['my-databases', 'my-redis', 'my-secrets']);
  });

  it('of existing databases have a URL under the name of each component', () => {
    const worker = podsOf(external).find(({ name }) => name === 'throughline-intake-worker');
    expect(worker?.spec.containers[0]?.env).toContainEqual({
      name: 'DATABASE_URL',
      valueFrom: { secretKeyRef: { name: 'my-databases', key: 'intake-worker' } },
    });
  });
});

describe('what holds data', () => {
  const KINDS = ['KafkaTopic', 'PersistentVolumeClaim', 'Secret'];

  it('outlives the release: topics, volumes and generated secrets', async () => {
    const objects = await renderChart();
    for (const kind of KINDS) {
      expect(ofKind(objects, kind).length).toBeGreaterThan(1);
      for (const { metadata } of ofKind(objects, kind))
        expect([metadata.name, metadata.annotations]).toEqual([metadata.name, KEEP]);
    }
    const others = objects.filter(({ kind }) => !KINDS.includes(kind));
    expect(others.filter(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] !== undefined)).toEqual([]);
  });

  it('goes with it where deleteData says so', async () => {
    expect(JSON.stringify(await renderChart({ values: { deleteData: true } }))).not.toContain('helm.sh/resource-policy');
  });

  it('outlives `tilt down` as well, which deletes all that Tilt applied', async () => {
    for (const object of (await renderChart({ values: { liveUpdate: true } })).filter(({ kind }) => KINDS.includes(kind)))
      expect([object.metadata.name, object.metadata.annotations]).toEqual([
        object.metadata.name,
        { ...KEEP, 'tilt.dev/down-policy': 'keep' },
      ]);
  });

  it('is what the command in the README deletes, and nothing of Strimzi’s', async () => {
    const readme = readFileSync(join(CHART_FOLDER, 'README.md'), 'utf8');
    const [, selector = ''] = /kubectl delete kafkatopics,pvc,secrets -n throughline -l (\S+)/.exec(readme) ?? [];
    const labels = Object.fromEntries(selector.split(',').map((pair) => pair.split('=')));
    // Strimzi's own have the name of the Kafka as their instance.
    expect(labels).toEqual({
      'app.kubernetes.io/instance': 'throughline',
      'app.kubernetes.io/part-of': expect.not.stringMatching(/^strimzi-/),
    });
    for (const { metadata } of (await renderChart()).filter(({ kind }) => KINDS.includes(kind)))
      expect([metadata.name, metadata.labels]).toEqual([metadata.name, expect.objectContaining(labels)]);
  });

  it('belongs to the one object service', async () => {
    const claim = theOne(await renderChart(), 'PersistentVolumeClaim', 'throughline-storage-object');
    expect(claim.spec).toEqual({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } });
  });
});
