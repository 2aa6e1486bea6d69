import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaResourcesOf } from '../../scripts/chart/kafka-resources.ts';
import { type KubeObject, namesOf, theOne } from './kube-object.ts';
import { CHART_FOLDER, renderChart } from './render-chart.ts';

const TOPICS = {
  publishes: [{ topic: 'shop.baskets.v1' }],
  subscriptions: [{ group: 'shop.baskets', topics: ['intake.orders.v1'], order: 'none' as const }],
};

/** All that a new service is to the chart: this, and the file that its own declarations become. */
const VALUES = {
  systems: { shop: { enabled: true } },
  components: {
    baskets: {
      systems: ['shop'],
      entry: 'services/shop/baskets/src/main.ts',
      postgresql: true,
      redis: true,
      kafka: true,
      paths: ['/shop/baskets/'],
      calls: ['storage-auth'],
    },
  },
};

describe('a service that comes later', () => {
  let folder: string;
  let objects: readonly KubeObject[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chart-'));
    cpSync(CHART_FOLDER, folder, { recursive: true });
    const resources = {
      groups: ['shop.baskets'],
      publishes: ['shop.baskets.v1'],
      settings: { topics: [], rights: [] },
      ...kafkaResourcesOf(TOPICS, [TOPICS]),
    };
    writeFileSync(join(folder, 'kafka', 'baskets.json'), JSON.stringify(resources));
    objects = await renderChart({ chart: folder, values: { ...VALUES, ingress: { enabled: true } } });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['Deployment', 'Service', 'ServiceAccount', 'PodDisruptionBudget', 'NetworkPolicy', 'KafkaUser'])(
    'has its %s',
    (kind) => {
      expect(namesOf(objects, kind)).toContain('throughline-baskets');
    },
  );

  it('has its topics, its database and its path', () => {
    expect(namesOf(objects, 'KafkaTopic')).toEqual(
      expect.arrayContaining(['shop.baskets.v1', 'shop.baskets.dlq', 'shop.baskets.replay']),
    );
    expect(Object.keys(theOne(objects, 'Secret', 'throughline-postgresql').data ?? {})).toContain('baskets');
    expect(JSON.stringify(theOne(objects, 'Ingress', 'throughline').spec)).toContain('/shop/baskets(/|$)');
  });

  it('is tested, observed and may call the login, as all others', () => {
    expect(JSON.stringify(theOne(objects, 'Pod', 'throughline-tests'))).toContain('http://throughline-baskets:9090');
    expect(JSON.stringify(theOne(objects, 'Deployment', 'throughline-console'))).toContain('http://throughline-baskets:9090');
    expect(JSON.stringify(theOne(objects, 'NetworkPolicy', 'throughline-storage-auth').spec)).toContain('"baskets"');
  });

  it('is gone with its system', async () => {
    const without = await renderChart({ chart: folder, values: { ...VALUES, systems: { shop: { enabled: false } } } });
    expect(without.filter(({ metadata }) => /baskets/.test(metadata.name))).toEqual([]);
  });
});
