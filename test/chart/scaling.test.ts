import { METRICS } from '@throughline/telemetry';
import { ofKind, theOne } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

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
            query:
              'sum(consumer_lag_records{messaging_consumer_group_name=~"intake.worker"}) unless on() (max(consumer_breaker_open{messaging_consumer_group_name=~"intake.worker"}) > 0)',
          },
        },
      ]);
    });

    it('asks for metrics that services have', async () => {
      const names = new Set(Object.values(METRICS).map(({ name }) => name));
      const { spec } = await trigger('console');
      const asked = [...(spec.triggers[0].metadata.query as string).matchAll(/(\w+)\{/g)].map(([, name]) => name);
      expect(asked).toHaveLength(2);
      for (const name of asked) expect([...names]).toContain(name);
    });
  });
});
