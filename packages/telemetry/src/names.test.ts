import { createMetrics } from './metrics.ts';
import { METRICS, type MetricDefinition } from './names.ts';

const definitions: [string, MetricDefinition][] = Object.entries(METRICS);

describe('METRICS', () => {
  it.each(definitions)('%s has the key of its name, a help text and Prometheus’ suffix', (key, { name, help, type, labels }) => {
    expect(key).toBe(name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
    expect(help).toMatch(/\.$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    for (const label of labels) expect(label).not.toMatch(/(^|_)id$/);
  });

  it('can all be made and printed', async () => {
    const metrics = createMetrics({ service: 'test' });
    for (const [, definition] of definitions) {
      if (definition.type === 'counter') metrics.counter(definition as MetricDefinition & { type: 'counter' });
      else if (definition.type === 'gauge') metrics.gauge(definition as MetricDefinition & { type: 'gauge' });
      else metrics.histogram(definition as MetricDefinition & { type: 'histogram' });
    }
    const page = await metrics.registry.metrics();
    for (const [, { name }] of definitions) expect(page).toContain(`# HELP ${name} `);
  });
});

describe('createMetrics', () => {
  it('gives one instrument a definition, with its labels and buckets, and the service on every series', async () => {
    const metrics = createMetrics({ service: 'storage.object' });
    metrics.counter(METRICS.eventDeadLettersTotal).inc({ messaging_consumer_group_name: 'g', reason: 'contract' });
    metrics.counter(METRICS.eventDeadLettersTotal).inc({ messaging_consumer_group_name: 'g', reason: 'contract' });
    metrics
      .histogram(METRICS.eventEndToEndSeconds)
      .observe({ messaging_consumer_group_name: 'g', messaging_destination_name: 't' }, 40);
    const page = await metrics.registry.metrics();
    expect(page).toContain(
      'event_dead_letters_total{messaging_consumer_group_name="g",reason="contract",service_name="storage.object"} 2',
    );
    expect(page).toMatch(/event_end_to_end_seconds_bucket\{le="30",.*\} 0/);
    expect(page).toMatch(/event_end_to_end_seconds_bucket\{le="60",.*\} 1/);
  });

  it('keeps two registries apart', async () => {
    createMetrics({ service: 'a' }).counter(METRICS.outboxSentTotal).inc();
    expect(await createMetrics({ service: 'b' }).registry.metrics()).not.toContain('outbox_sent_total');
  });
});
