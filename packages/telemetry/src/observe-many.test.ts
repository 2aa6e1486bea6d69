import { createMetrics } from './metrics.ts';
import { METRICS } from './names.ts';
import { observeMany } from './observe-many.ts';

const values = [0.5, 0.000_1, 0.005, 0, 3, 1e9, 0.5];

async function observed(observe: (metrics: ReturnType<typeof createMetrics>) => void): Promise<string> {
  const metrics = createMetrics({ service: 'test' });
  observe(metrics);
  return metrics.registry.metrics();
}

describe('observeMany', () => {
  const labels = (topic: string) => ({ messaging_consumer_group_name: 'g', messaging_destination_name: topic });

  it('counts as one observation after the other does', async () => {
    const many = await observed((metrics) => {
      const histogram = metrics.histogram(METRICS.eventEndToEndSeconds);
      for (const topic of ['a', 'b']) observeMany(histogram, labels(topic), values);
      observeMany(histogram, labels('b'), values.slice(2));
      observeMany(histogram, labels('c'), []);
    });
    const single = await observed((metrics) => {
      const histogram = metrics.histogram(METRICS.eventEndToEndSeconds);
      for (const topic of ['a', 'b']) for (const value of values) histogram.observe(labels(topic), value);
      for (const value of values.slice(2)) histogram.observe(labels('b'), value);
    });
    expect(many).toBe(single);
  });

  it('observes nothing when a value is none', async () => {
    const metrics = createMetrics({ service: 'test' });
    const histogram = metrics.histogram(METRICS.eventEndToEndSeconds);
    expect(() => observeMany(histogram, labels('a'), [1, Number.NaN])).toThrow(TypeError);
    expect((await histogram.get()).values).toEqual([]);
  });
});
