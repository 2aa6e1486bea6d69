import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricDefinition } from './names.ts';

type LabelsOf<Definition extends MetricDefinition> = Definition['labels'][number];

/** A service's metrics: each definition of `METRICS` becomes one instrument, made when it is first asked for. */
export interface Metrics {
  /** What `/metrics` prints. */
  readonly registry: Registry;
  counter<Definition extends MetricDefinition & { type: 'counter' }>(definition: Definition): Counter<LabelsOf<Definition>>;
  gauge<Definition extends MetricDefinition & { type: 'gauge' }>(definition: Definition): Gauge<LabelsOf<Definition>>;
  histogram<Definition extends MetricDefinition & { type: 'histogram' }>(definition: Definition): Histogram<LabelsOf<Definition>>;
}

export interface MetricsOptions {
  /** Label `service_name` of every series. */
  readonly service: string;
  /** Also the process' own: CPU, memory, event loop delay, garbage collection. They keep watching for as long as the process lives. (Default: false) */
  readonly withProcessMetrics?: boolean;
}

/** A registry of its own; asking for the same definition twice gives the same instrument. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service_name: options.service });
  if (options.withProcessMetrics ?? false) collectDefaultMetrics({ register: registry });
  const instrument = <Kind>(definition: MetricDefinition, make: (settings: InstrumentSettings) => Kind): Kind =>
    (registry.getSingleMetric(definition.name) as Kind | undefined) ?? make(settingsOf(definition, registry));
  return {
    registry,
    counter: (definition) => instrument(definition, (settings) => new Counter(settings)),
    gauge: (definition) => instrument(definition, (settings) => new Gauge(settings)),
    histogram: (definition) =>
      instrument(
        definition,
        (settings) => new Histogram({ ...settings, ...(definition.buckets && { buckets: [...definition.buckets] }) }),
      ),
  };
}

interface InstrumentSettings {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}

function settingsOf(definition: MetricDefinition, registry: Registry): InstrumentSettings {
  return { name: definition.name, help: definition.help, labelNames: [...definition.labels], registers: [registry] };
}
