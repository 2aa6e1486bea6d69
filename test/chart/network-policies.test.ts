import { type KubeObject, ofKind, type Pod, podsOf, theOne } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values: readonly string[] }[];
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number | string }[];
}

interface Policy {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** Ports by name, as the pods have them. */
const PORTS: Readonly<Record<string, number>> = { http: 8080, ops: 9090 };

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => operator === 'In' && values.includes(labels[key] ?? ''))
  );
}

/** What a network that enforces the policies lets through. */
function networkOf(objects: readonly KubeObject[]) {
  const policies = ofKind(objects, 'NetworkPolicy').map(({ spec }) => spec as Policy);
  const allows = (pod: Pod, direction: 'ingress' | 'egress', fits: (rule: Rule) => boolean) => {
    const own = policies.filter(
      ({ podSelector, policyTypes }) =>
        selects(podSelector, pod.labels) && policyTypes.includes(direction === 'ingress' ? 'Ingress' : 'Egress'),
    );
    return own.length === 0 || own.some((policy) => (policy[direction] ?? []).some(fits));
  };
  const reaches = (peers: readonly Peer[] | undefined, labels: Readonly<Record<string, string>>) =>
    peers === undefined ||
    peers.some(
      ({ podSelector, namespaceSelector }) =>
        namespaceSelector === undefined && podSelector !== undefined && selects(podSelector, labels),
    );
  const isOpen = ({ ports }: Rule, port: number) =>
    ports === undefined || ports.some((each) => (PORTS[each.port] ?? each.port) === port);
  return {
    connects: (from: Pod, to: Pod, port: number) =>
      allows(from, 'egress', (rule) => isOpen(rule, port) && reaches(rule.to, to.labels)) &&
      allows(to, 'ingress', (rule) => isOpen(rule, port) && reaches(rule.from, from.labels)),
    leavesTo: (from: Pod, labels: Readonly<Record<string, string>>, port: number) =>
      allows(from, 'egress', (rule) => isOpen(rule, port) && reaches(rule.to, labels)),
    entersFrom: (namespace: string, to: Pod, port: number) =>
      allows(
        to,
        'ingress',
        (rule) =>
          isOpen(rule, port) &&
          (rule.from === undefined ||
            rule.from.some(
              ({ namespaceSelector }) =>
                namespaceSelector !== undefined && selects(namespaceSelector, { 'kubernetes.io/metadata.name': namespace }),
            )),
      ),
    resolvesNames: (from: Pod) => allows(from, 'egress', (rule) => isOpen(rule, 53)),
  };
}

/** Where a pod's variables send it, inside the release. */
function addressesOf({ spec }: Pod): readonly { host: string; port: number }[] {
  const text = spec.containers.flatMap(({ env = [] }) => env.map(({ value = '' }) => value)).join(' ');
  return [...text.matchAll(/(?:\/\/|@)(throughline-[a-z-]+):(\d+)/g)].map(([, host = '', port]) => ({
    host,
    port: Number(port),
  }));
}

describe('the network', () => {
  let objects: readonly KubeObject[];
  let pods: ReadonlyMap<string, Pod>;
  let network: ReturnType<typeof networkOf>;
  const pod = (name: string) => {
    const found = pods.get(`throughline-${name}`);
    if (found === undefined) throw new Error(`there is no pod of ${name}`);
    return found;
  };

  beforeAll(async () => {
    objects = await renderChart();
    pods = new Map(podsOf(objects).map((each) => [each.name, each]));
    network = networkOf(objects);
  });

  it('lets every pod reach every address that it is told', () => {
    const told = [...pods.values()].flatMap((from) => addressesOf(from).map(({ host, port }) => ({ from, host, port })));
    expect(told.length).toBeGreaterThan(30);
    for (const { from, host, port } of told) {
      if (host === 'throughline-kafka-bootstrap') continue;
      const to = pods.get(host);
      expect([from.name, host, port, to !== undefined && network.connects(from, to, port)]).toEqual([
        from.name,
        host,
        port,
        true,
      ]);
    }
  });

  it('lets who uses Kafka reach the brokers, on the port with TLS alone', () => {
    const broker = { 'strimzi.io/cluster': 'throughline' };
    for (const each of pods.values()) {
      const isUser = each.spec.containers.some(({ env = [] }) => env.some(({ name }) => name === 'KAFKA_BROKERS'));
      expect([each.name, network.leavesTo(each, broker, 9093)]).toEqual([each.name, isUser]);
      expect(network.leavesTo(each, broker, 9092)).toBe(false);
    }
  });

  it.each([
    ['storage-bucket', 'storage-object', 8080],
    ['storage-object', 'storage-bucket', 9090],
    ['intake-api', 'storage-auth', 9090],
    ['intake-api', 'intake-worker', 8080],
    ['intake-api', 'postgresql', 5432],
    ['edge', 'redis', 6379],
    ['storage-auth', 'console', 9090],
    ['redis', 'postgresql', 5432],
    ['tests', 'postgresql', 5432],
  ])('does not let %s reach %s', (from, to, port) => {
    expect(network.connects(pod(from), pod(to), port)).toBe(false);
  });

  it('lets components call whom their values name', () => {
    expect(network.connects(pod('storage-object'), pod('storage-bucket'), 8080)).toBe(true);
    for (const from of ['console', 'edge', 'tests'])
      expect([from, network.connects(pod(from), pod('intake-worker'), 9090)]).toEqual([from, true]);
    expect(network.connects(pod('edge'), pod('intake-api'), 8080)).toBe(true);
    expect(network.connects(pod('storage-object'), pod('storage-bucket'), 5432)).toBe(false);
  });

  it('is closed to other namespaces, but for the ingress controller and Prometheus', () => {
    for (const each of pods.values()) expect([each.name, network.entersFrom('default', each, 9090)]).toEqual([each.name, false]);
    expect(network.entersFrom('monitoring', pod('intake-worker'), 9090)).toBe(true);
    expect(network.entersFrom('monitoring', pod('intake-worker'), 8080)).toBe(false);
    expect(network.entersFrom('ingress-nginx', pod('intake-api'), 8080)).toBe(true);
    expect(network.entersFrom('ingress-nginx', pod('intake-api'), 9090)).toBe(false);
    expect(network.entersFrom('ingress-nginx', pod('console'), 8080)).toBe(false);
  });

  it('lets in from every namespace that holds an entrance', async () => {
    const entranceNamespaces = ['gateways', 'other-gateways'];
    const { entersFrom } = networkOf(await renderChart({ values: { networkPolicy: { entranceNamespaces } } }));
    for (const [namespace, isIn] of [
      ['gateways', true],
      ['other-gateways', true],
      ['ingress-nginx', false],
    ] as const)
      expect([namespace, entersFrom(namespace, pod('intake-api'), 8080)]).toEqual([namespace, isIn]);
  });

  it('lets anybody come in through a node port, and only there', () => {
    expect(network.entersFrom('default', pod('edge'), 8080)).toBe(true);
    expect(network.entersFrom('default', pod('edge'), 9090)).toBe(false);
  });

  it('lets whoever has a name to look up ask for it, and the stores ask nobody', () => {
    for (const each of pods.values())
      expect([each.name, network.resolvesNames(each)]).toEqual([each.name, !/-(postgresql|redis)$/.test(each.name)]);
  });

  it('lets whoever answers for names be a pod, or a cache on the node', () => {
    for (const { spec } of ofKind(objects, 'NetworkPolicy'))
      for (const rule of (spec as Policy).egress ?? [])
        if (rule.ports?.some(({ port }) => port === 53)) expect(rule.to).toBeUndefined();
  });

  it('leads to external stores by address and port', async () => {
    const external = await renderChart({
      values: {
        postgresql: { dev: { enabled: false }, existingSecret: 's' },
        redis: { dev: { enabled: false }, existingSecret: 's' },
        networkPolicy: { storesCidrs: ['10.1.0.0/16', 'fd00::/8'], storePorts: { postgresql: 6432 } },
      },
    });
    const policy = theOne(external, 'NetworkPolicy', 'throughline-intake-worker').spec as Policy;
    const to = [{ ipBlock: { cidr: '10.1.0.0/16' } }, { ipBlock: { cidr: 'fd00::/8' } }];
    expect(policy.egress).toContainEqual({ to, ports: [{ port: 6432 }] });
    expect(policy.egress).toContainEqual({ to, ports: [{ port: 6379 }] });
  });

  it.each(['intake-worker', 'tests'])('leads %s to brokers elsewhere by address and the ports that are named', async (name) => {
    const kafka = { bootstrapServers: 'broker-1.example.com:9094, [fd00::2]:9095,broker-3.example.com:9094' };
    const external = await renderChart({ values: { kafka, networkPolicy: { storesCidrs: ['10.1.0.0/16'] } } });
    expect((theOne(external, 'NetworkPolicy', `throughline-${name}`).spec as Policy).egress).toContainEqual({
      // In another namespace, for networks that keep addresses and pods apart.
      to: [
        { namespaceSelector: {}, podSelector: { matchLabels: { 'strimzi.io/cluster': 'throughline' } } },
        { ipBlock: { cidr: '10.1.0.0/16' } },
      ],
      ports: [{ port: 9094 }, { port: 9095 }],
    });
  });

  it('leads anywhere outside, in both families of addresses, unless the values say where stores are', async () => {
    const external = await renderChart({ values: { redis: { dev: { enabled: false }, existingSecret: 's' } } });
    expect((theOne(external, 'NetworkPolicy', 'throughline-intake-api').spec as Policy).egress).toContainEqual({
      to: [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }],
      ports: [{ port: 6379 }],
    });
  });

  it('is left as it is where a cluster has rules of its own', async () => {
    expect(ofKind(await renderChart({ values: { networkPolicy: { enabled: false } } }), 'NetworkPolicy')).toEqual([]);
  });
});
