import { dashboardNames, queriesOf, readDashboard } from '../../scripts/dashboards/dashboard.ts';
import { labelsOfMetric, unknownIn } from './metric-labels.ts';

const graphsOf = (name: string) => readDashboard(name).panels.filter(({ type }) => type !== 'row');

describe.each(dashboardNames())('the dashboard %s', (name) => {
  const dashboard = readDashboard(name);
  const { panels } = dashboard;
  const graphs = graphsOf(name);

  it('has an id that links to it keep', () => {
    expect(dashboard.uid).toBe(`throughline-${name}`);
  });

  it('is a dashboard of Grafana 11 whose panels have ids of their own and do not overlap', () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it.each(graphs.map((panel) => [panel.title, panel] as const))('%s says what it shows, in which unit', (_, panel) => {
    expect(panel.description).toMatch(/^\S.{19,}\.$/s);
    expect(panel.fieldConfig?.defaults.unit).toEqual(expect.any(String));
    expect(panel.targets?.length).toBeGreaterThan(0);
  });

  it.each(queriesOf(dashboard).map(({ title, expr }) => [title, expr]))('%s asks for metrics that exist: %s', (_, expr = '') => {
    expect(unknownIn(expr)).toEqual([]);
  });

  it('names in its queries only variables it has, and finds their values in metrics that exist', () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    const asked = queriesOf(dashboard).flatMap(({ expr }) => [...expr.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name));
    expect([...names, '__rate_interval']).toEqual(expect.arrayContaining(asked));
    for (const { definition } of dashboard.templating.list.filter(({ type }) => type === 'query')) {
      const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition ?? '') ?? [];
      expect(labelsOfMetric(metric)).toContain(label);
    }
  });
});

describe('the dashboards', () => {
  it.each([
    [
      'intake',
      [
        'API request rate',
        'Publish success and failure',
        'Queue depth',
        'Age of the oldest message',
        'Processing latency',
        'End to end',
        'Dead-letter queue size',
      ],
    ],
    [
      'queue-lag',
      [
        'Lag in records',
        'Lag in seconds',
        'In flight',
        'Queued',
        'Paused partitions',
        'Partitions that stand still',
        'Breaker',
        'Parked records',
        'Dead letters by reason',
        'Outbox depth',
        'Outbox age',
        'Canary round trip',
      ],
    ],
    [
      'processing-latency',
      [
        'Handling p50',
        'Handling p95',
        'Handling p99',
        'Handling, all times',
        'End to end',
        'Since publish',
        'Relay send',
        'HTTP',
      ],
    ],
  ])('%s has the panels %s', (name, titles) => {
    const graphs = graphsOf(name).filter(({ type }) => type !== 'stat');
    expect(graphs.map(({ title }) => title)).toEqual(expect.arrayContaining(titles));
  });

  it('are left out with the system they are named after', () => {
    expect(dashboardNames(['storage'])).toEqual(['processing-latency', 'queue-lag']);
    expect(dashboardNames(['storage', 'intake'])).toEqual(['intake', 'processing-latency', 'queue-lag']);
  });
});
