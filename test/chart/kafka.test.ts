import { join } from 'node:path';
import { componentResources } from '../../scripts/chart/component-resources.ts';
import { type KubeObject, namesOf, ofKind, podsOf, theOne } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

const ROOT = join(import.meta.dirname, '..', '..');

interface Acl {
  readonly resource: { readonly type: string; readonly name: string; readonly patternType: string };
  readonly operations: readonly string[];
}

describe('Kafka', () => {
  let objects: readonly KubeObject[];
  let declared: Awaited<ReturnType<typeof componentResources>>;

  beforeAll(async () => {
    objects = await renderChart();
    declared = await componentResources(ROOT);
  });

  const aclsOf = (component: string) =>
    theOne(objects, 'KafkaUser', `throughline-${component}`).spec.authorization.acls as readonly Acl[];

  it('has a topic for every event, retry and dead letter that the code declares, and no other', () => {
    const topics = [...declared.values()].flatMap(({ topics: own }) => own.map(({ topic }) => topic));
    expect(namesOf(objects, 'KafkaTopic')).toEqual([...new Set(topics)].sort());
    expect(topics).toEqual(
      expect.arrayContaining(['intake.orders.v1', 'intake.worker.retry.1s', 'intake.worker.dlq', 'storage.metadata.replay']),
    );
  });

  it('has topics with the partitions and the retention that the code declares', () => {
    for (const { topic, partitions, retentionMs } of [...declared.values()].flatMap((own) => own.topics)) {
      expect([topic, theOne(objects, 'KafkaTopic', topic).spec]).toEqual([
        topic,
        { partitions, replicas: 1, config: { 'retention.ms': retentionMs, 'min.insync.replicas': 1 } },
      ]);
    }
  });

  it('has a user for each service that uses it, with exactly the rights that the code declares', () => {
    expect(namesOf(objects, 'KafkaUser')).toEqual([...declared.keys(), 'tests'].map((name) => `throughline-${name}`).sort());
    for (const [name, { rights }] of declared) expect(aclsOf(name)).toEqual(rights);
  });

  it('lets nobody alter topics, and nobody write where only others publish', () => {
    const all = [...declared.keys(), 'tests'].flatMap((name) => aclsOf(name).map((acl) => ({ name, ...acl })));
    expect(new Set(all.flatMap(({ operations }) => operations))).toEqual(new Set(['Read', 'Write', 'Describe', 'Delete']));
    expect(
      all.filter(
        ({ resource, operations }) => resource.type === 'topic' && resource.name === '*' && operations.includes('Write'),
      ),
    ).toEqual([]);
    const writers = all.filter(
      ({ resource, operations }) => resource.name === 'intake.orders.v1' && operations.includes('Write'),
    );
    expect(writers.map(({ name }) => name).sort()).toEqual(['intake-api', 'tests']);
  });

  it('is spoken to with TLS and SCRAM, each service with the password of its own user', () => {
    for (const { name, spec } of podsOf(objects)) {
      const [container] = spec.containers;
      const variables = new Map(container?.env?.map((variable) => [variable.name, variable]));
      if (!variables.has('KAFKA_BROKERS')) continue;
      expect(variables.get('KAFKA_BROKERS')?.value).toBe('throughline-kafka-bootstrap:9093');
      expect(variables.get('KAFKA_USERNAME')?.value).toBe(name);
      expect(variables.get('KAFKA_PASSWORD')?.valueFrom?.secretKeyRef).toEqual({ name, key: 'password' });
      expect(variables.get('KAFKA_CA_FILE')?.value).toBe('/etc/kafka-ca/ca.crt');
      expect(container?.volumeMounts).toContainEqual({ name: 'kafka-ca', mountPath: '/etc/kafka-ca', readOnly: true });
      expect(spec.volumes).toContainEqual(
        expect.objectContaining({
          name: 'kafka-ca',
          secret: { secretName: 'throughline-cluster-ca-cert', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
        }),
      );
    }
    for (const { metadata, spec } of ofKind(objects, 'KafkaUser')) {
      expect([metadata.name, spec.authentication, spec.authorization.type]).toEqual([
        metadata.name,
        { type: 'scram-sha-512' },
        'simple',
      ]);
    }
  });

  it('with three brokers has three replicas of every topic, two of which must have a record', async () => {
    const threefold = await renderChart({ values: { kafka: { topics: { replicas: 3, minInsyncReplicas: 2 } } } });
    for (const { spec } of ofKind(threefold, 'KafkaTopic')) {
      expect([spec.replicas, spec.config['min.insync.replicas']]).toEqual([3, 2]);
    }
  });

  it('of another name and address is used as such', async () => {
    const other = await renderChart({ values: { kafka: { cluster: 'mine', bootstrapServers: 'kafka.example.com:9094' } } });
    for (const { metadata } of [...ofKind(other, 'KafkaTopic'), ...ofKind(other, 'KafkaUser')])
      expect(metadata.labels?.['strimzi.io/cluster']).toBe('mine');
    expect(JSON.stringify(podsOf(other))).toContain('kafka.example.com:9094');
    expect(JSON.stringify(podsOf(other))).toContain('mine-cluster-ca-cert');
  });

  it('that others look after gets no topics and users from the chart', async () => {
    const unmanaged = await renderChart({ values: { kafka: { manage: false } } });
    expect(unmanaged.filter(({ apiVersion }) => apiVersion.startsWith('kafka.strimzi.io'))).toEqual([]);
  });
});
