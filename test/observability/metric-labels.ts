import { METRICS, type MetricDefinition } from '@throughline/telemetry';
import { queryParts } from './query-metrics.ts';

/** On every metric: from the service, and from whoever scrapes it. */
const EVERYWHERE = ['service_name', 'instance', 'job'];

/** The labels that a name in a query may have; undefined when there is no such metric. */
export function labelsOfMetric(name: string): readonly string[] | undefined {
  for (const definition of Object.values(METRICS) as readonly MetricDefinition[]) {
    const { type, labels } = definition;
    if (type !== 'histogram' && name === definition.name) return [...labels, ...EVERYWHERE];
    if (type === 'histogram' && name === `${definition.name}_bucket`) return [...labels, ...EVERYWHERE, 'le'];
    if (type === 'histogram' && [`${definition.name}_count`, `${definition.name}_sum`].includes(name)) {
      return [...labels, ...EVERYWHERE];
    }
  }
  return undefined;
}

/** What a query names that is not there: metrics, labels of a metric, and labels to group by that none of its metrics has. */
export function unknownIn(expr: string): readonly string[] {
  const { metrics, groupedBy } = queryParts(expr);
  if (metrics.length === 0) return ['no metric at all'];
  const unknown = metrics.flatMap(({ name, labels }) => {
    const known = labelsOfMetric(name);
    return known === undefined ? [name] : labels.filter((label) => !known.includes(label)).map((label) => `${name}{${label}}`);
  });
  const known = metrics.flatMap(({ name }) => labelsOfMetric(name) ?? []);
  return [...unknown, ...groupedBy.filter((label) => !known.includes(label))];
}
