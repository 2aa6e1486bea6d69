import { podsOf, theOne } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

describe('helm test', () => {
  it('has a pod, and a user who may publish', async () => {
    const objects = await renderChart();
    expect(theOne(objects, 'Pod', 'throughline-tests').metadata.annotations).toMatchObject({ 'helm.sh/hook': 'test' });
    expect(theOne(objects, 'KafkaUser', 'throughline-tests').spec.authentication.type).toBe('scram-sha-512');
  });

  it('leaves nothing where it is off: no pod, no user, and no way in', async () => {
    const objects = await renderChart({ values: { tests: { enabled: false } } });
    expect(podsOf(objects).length).toBeGreaterThan(5);
    expect(JSON.stringify(objects)).not.toContain('-tests');
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
    expect(JSON.stringify(policies)).not.toContain('tests');
  });
});
