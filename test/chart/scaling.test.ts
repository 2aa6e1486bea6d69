import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METRICS } from '@throughline/telemetry';
import { ofKind, theOne } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

/** For promtool: two members, of which one's breaker is open from the 10th minute to the 20th; after the 30th nobody tells anything. */
function queryTest(expr: string): string {
  const series = (name: string, instance: string, values: string, more = '', namespace = 'throughline') => ({
    series: `${name}{namespace="${namespace}",messaging_consumer_group_name="intake.worker",instance="${instance}"${more}}`,
    values,
  });
  const topic = (name: string) => `,messaging_destination_name="${name}"`;
  const sample = (value: number) => [{ labels: '{}', value }];
  return JSON.stringify({
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: [
          series('consumer_in_flight_records', 'a', '1x30 stale'),
          series('consumer_in_flight_records', 'b', '0x30 stale'),
          series('consumer_lag_records', 'a', '7000x30 stale', topic('intake.orders.v1')),
          series('consumer_lag_records', 'a', '500x30 stale', topic('intake.worker.retry.1m')),
          series('consumer_lag_records', 'b', '9000x30 stale', topic('intake.orders.v1')),
          series('consumer_breaker_open', 'b', '_x9 1x9 0x10 stale', ',dependency="postgres"'),
          series('consumer_lag_records', 'z', '70000x60', topic('intake.orders.v1'), 'elsewhere'),
          series('consumer_in_flight_records', 'z', '0x60', '', 'elsewhere'),
          series('consumer_breaker_open', 'z', '1x60', ',dependency="postgres"', 'elsewhere'),
        ],
        promql_expr_test: [
          { expr, eval_time: '5m', exp_samples: sample(16_500) },
          { expr, eval_time: '15m', exp_samples: sample(10_000) },
          { expr, eval_time: '25m', exp_samples: sample(16_500) },
          { expr, eval_time: '40m', exp_samples: [] },
        ],
      },
    ],
  });
}

describe('scaling', () => {
  it('by hand sets the number of replicas', async () => {
    const objects = await renderChart({ values: { components: { 'intake-worker': { replicas: 3 } } } });
    expect(theOne(objects, 'Deployment', 'throughline-intake-worker').spec.replicas).toBe(3);
    expect([...ofKind(objects, 'HorizontalPodAutoscaler'), ...ofKind(objects, 'ScaledObject')]).toEqual([]);
  });

  it('by processor time leaves the number to a HorizontalPodAutoscaler', async () => {
    const objects = await renderChart({
      values: { components: { 'intake-api': { autoscaling: { by: 'cpu', min: 2, max: 6 } } } },
    });
    expect(theOne(objects, 'Deployment', 'throughline-intake-api').spec).not.toHaveProperty('replicas');
    expect(theOne(objects, 'HorizontalPodAutoscaler', 'throughline-intake-api').spec).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'throughline-intake-api' },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
    });
  });

  describe('by lag', () => {
    const trigger = async (component: string) => {
      const objects = await renderChart({ values: { components: { [component]: { autoscaling: { by: 'lag', max: 12 } } } } });
      return { objects, spec: theOne(objects, 'ScaledObject', `throughline-${component}`).spec };
    };

    it('leaves the number to KEDA, and never below one: an outbox has to be emptied', async () => {
      const { objects, spec } = await trigger('intake-worker');
      expect(theOne(objects, 'Deployment', 'throughline-intake-worker').spec).not.toHaveProperty('replicas');
      expect(spec).toEqual(expect.objectContaining({ minReplicaCount: 1, maxReplicaCount: 12 }));
    });

    it('asks for the lag of the component’s groups, unless a breaker is open', async () => {
      const { spec } = await trigger('intake-worker');
      expect(spec.triggers).toEqual([
        {
          type: 'prometheus',
          metadata: {
            serverAddress: 'http://prometheus-operated.monitoring:9090',
            threshold: '5000',
            // Without figures KEDA would take the lag for 0.
            ignoreNullValues: 'false',
            query: expect.stringContaining('sum(consumer_lag_records{namespace="throughline",'),
          },
        },
      ]);
    });

    const itWithPromtool = spawnSync('promtool', ['--version']).error === undefined ? it : it.skip;
    itWithPromtool(
      'sums the lag of the release, holds the number while a breaker is open, and has no answer without figures',
      async () => {
        const { spec } = await trigger('intake-worker');
        const expr = spec.triggers[0].metadata.query as string;
        const folder = mkdtempSync(join(tmpdir(), 'throughline-query-'));
        writeFileSync(join(folder, 'test.yaml'), queryTest(expr));
        const outcome = spawnSync('promtool', ['test', 'rules', 'test.yaml'], { cwd: folder, encoding: 'utf8' });
        rmSync(folder, { recursive: true });
        expect(`${outcome.stdout}${outcome.stderr}`).toMatch(/SUCCESS\s*$/);
      },
    );

    it('asks for metrics that services have', async () => {
      const names = new Set(Object.values(METRICS).map(({ name }) => name));
      const { spec } = await trigger('console');
      const asked = [...(spec.triggers[0].metadata.query as string).matchAll(/(\w+)\{/g)].map(([, name]) => name);
      expect(asked).toHaveLength(3);
      for (const name of asked) expect([...names]).toContain(name);
    });
  });
});
