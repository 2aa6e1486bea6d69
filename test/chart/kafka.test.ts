import { join } from 'node:path';
import { componentResources } from '../../scripts/chart/component-resources.ts';
import { type KubeObject, namesOf, ofKind, type Pod, podsOf, theOne } from './kube-object.ts';
import { refusalOf, renderChart } from './render-chart.ts';

const ROOT = join(import.meta.dirname, '..', '..');

interface Acl {
  readonly resource: { readonly type: string; readonly name: string; readonly patternType: string };
  readonly operations: readonly string[];
}

function variableOf({ spec }: Pick<Pod, 'spec'>, variable: string): string {
  return spec.containers[0]?.env?.find(({ name }) => name === variable)?.value ?? '';
}

function usesKafka(pod: Pod): boolean {
  return variableOf(pod, 'KAFKA_BROKERS') !== '';
}

/** The secret, and of it the key, that is at the path which a variable names; without a key: all of it. */
function fileOf(pod: Pick<Pod, 'name' | 'spec'>, variable: string): { secret: string; key?: string } {
  const path = variableOf(pod, variable);
  const mount = pod.spec.containers[0]?.volumeMounts?.find(
    ({ mountPath, readOnly }) => readOnly === true && (path === mountPath || path.startsWith(`${mountPath}/`)),
  );
  const secret = pod.spec.volumes?.find(({ name }) => name === mount?.name)?.secret;
  if (mount === undefined || secret === undefined) throw new Error(`${pod.name}: nothing is at ${variable}`);
  const item = secret.items?.find((one) => path === `${mount.mountPath}/${one.path}`);
  if (secret.items !== undefined && item === undefined) throw new Error(`${pod.name}: ${path} is not mounted`);
  return { secret: secret.secretName, ...(item && { key: item.key }) };
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
      expect(fileOf({ name, spec }, 'KAFKA_PASSWORD_FILE')).toEqual({ secret: name, key: 'password' });
    }
    for (const { metadata, spec } of ofKind(objects, 'KafkaUser')) {
      expect([metadata.name, spec.authentication, spec.authorization.type]).toEqual([
        metadata.name,
        { type: 'scram-sha-512' },
        'simple',
      ]);
    }
  });

  it('is believed by all authorities in its secret: a replaced one counts on under another name', () => {
    const pods = podsOf(objects).filter(({ spec }) => spec.volumes?.some(({ name }) => name === 'kafka-ca'));
    expect(pods).toHaveLength(declared.size + 1);
    for (const pod of pods) expect(fileOf(pod, 'KAFKA_CA_FILE')).toEqual({ secret: 'throughline-cluster-ca-cert' });
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
    for (const pod of podsOf(unmanaged).filter(usesKafka))
      expect(fileOf(pod, 'KAFKA_PASSWORD_FILE')).toEqual({ secret: pod.name, key: 'password' });
  });

  it('that others look after may have its passwords in one secret, by component, and its authorities in another', async () => {
    const kafka = {
      manage: false,
      existingSecret: 'logins',
      caSecret: 'authorities',
      bootstrapServers: 'kafka.example.com:9094',
    };
    const pods = podsOf(await renderChart({ values: { kafka } })).filter(usesKafka);
    expect(pods.map(({ name }) => name).sort()).toEqual(
      [...declared.keys(), 'tests'].map((name) => `throughline-${name}`).sort(),
    );
    for (const pod of pods) {
      expect(fileOf(pod, 'KAFKA_PASSWORD_FILE')).toEqual({ secret: 'logins', key: pod.name.replace('throughline-', '') });
      expect(fileOf(pod, 'KAFKA_CA_FILE')).toEqual({ secret: 'authorities' });
      expect(variableOf(pod, 'KAFKA_USERNAME')).toBe(pod.name);
    }
  });

  it('has further topics where settings need them, or in place of generated ones', async () => {
    const topics = [
      { topic: 'intake.worker.retry.500ms', partitions: 12, retentionMs: 604_800_000 },
      { topic: 'intake.worker.dlq', partitions: 24, retentionMs: -1 },
      // Which components that come later declare as well.
      { topic: 'throughline.outcomes', partitions: 12, retentionMs: 604_800_000 },
    ];
    const worker = { env: { RETRY_BACKOFF_MS: 500 }, topics };
    const tuned = await renderChart({ values: { components: { 'intake-worker': worker } } });
    for (const { topic, partitions, retentionMs } of topics) {
      const { spec } = theOne(tuned, 'KafkaTopic', topic);
      expect([topic, spec.partitions, spec.config['retention.ms']]).toEqual([topic, partitions, retentionMs]);
    }
    expect(namesOf(tuned, 'KafkaTopic')).toEqual([...namesOf(objects, 'KafkaTopic'), 'intake.worker.retry.500ms'].sort());
  });

  it('has nothing to add where settings need fewer topics', async () => {
    const components = { 'intake-worker': { env: { MAX_RECEIVE_COUNT: 3 }, topics: [] } };
    expect(await refusalOf({ components })).toBeUndefined();
  });

  it('that others look after has the topics and users that the settings say', async () => {
    const components = { 'intake-worker': { env: { RETRY_BACKOFF_MS: 500, CONSUMER_GROUP: 'mine' } } };
    expect(await refusalOf({ kafka: { manage: false }, components })).toBeUndefined();
  });
});
