import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const CONFIGURATION = join(import.meta.dirname, '..', '..', 'observability', 'prometheus');

/** Name of its Deployment and of its Service, which listens on port 9090. */
export const CLUSTER_PROMETHEUS = 'throughline-prometheus';

/**
 * YAML of a Prometheus that scrapes the release in a namespace from within it, for `kubectl apply -f -`. The release lets it in when its
 * `networkPolicy.monitoringNamespace` is the same namespace.
 */
export function prometheusObjects(namespace: string): string {
  const read = (file: string) => readFileSync(join(CONFIGURATION, file), 'utf8');
  const objects = readFileSync(join(import.meta.dirname, 'prometheus.yaml'), 'utf8').replaceAll('NAMESPACE', namespace);
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: CLUSTER_PROMETHEUS, namespace },
    data: { 'prometheus.yaml': read('kubernetes.yaml'), 'rules.yaml': read('rules.yaml') },
  };
  return `${objects}---\n${JSON.stringify(configMap)}\n`;
}
