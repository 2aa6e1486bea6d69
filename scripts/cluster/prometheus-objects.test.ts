import { parse, parseAllDocuments } from 'yaml';
import { CLUSTER_PROMETHEUS, prometheusObjects } from './prometheus-objects.ts';

const NAMESPACE = 'of-a-test';
// biome-ignore lint/suspicious/noExplicitAny: objects of several kinds
const objects = parseAllDocuments(prometheusObjects(NAMESPACE)).map((document) => document.toJS() as any);
const ofKind = (kind: string, name = CLUSTER_PROMETHEUS) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);
const pod = ofKind('Deployment').spec.template.spec;
const [container] = pod.containers;

describe('prometheusObjects', () => {
  it('are all in the namespace, and need no rights', () => {
    expect(objects.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
      ['Service', NAMESPACE],
      ['Service', NAMESPACE],
      ['Deployment', NAMESPACE],
      ['ConfigMap', NAMESPACE],
    ]);
    expect(pod.automountServiceAccountToken).toBe(false);
  });

  it('run as a user without privileges who writes into a bounded volume only', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65_534,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.volumes.find(({ name }: { name: string }) => name === 'data').emptyDir.sizeLimit).toBe('512Mi');
    expect(container.args).toEqual(
      expect.arrayContaining(['--storage.tsdb.retention.size=256MB', '--storage.tsdb.wal-segment-size=10MB']),
    );
  });

  it('find their configuration, and in it the service that names the pods', () => {
    const { data } = ofKind('ConfigMap');
    expect(container.args).toContain('--config.file=/etc/prometheus/prometheus.yaml');
    expect(pod.volumes).toContainEqual({ name: 'configuration', configMap: { name: CLUSTER_PROMETHEUS } });
    const { rule_files: ruleFiles, scrape_configs: scrapes } = parse(data['prometheus.yaml']);
    expect(Object.keys(data)).toEqual(['prometheus.yaml', ...ruleFiles]);
    const [{ dns_sd_configs: lookups }] = scrapes;
    const targets = ofKind('Service', 'throughline-targets').spec;
    expect(lookups[0].names).toEqual([`_${targets.ports[0].name}._tcp.throughline-targets`]);
    expect(targets).toMatchObject({ clusterIP: 'None', selector: { 'app.kubernetes.io/part-of': 'throughline' } });
  });
});
