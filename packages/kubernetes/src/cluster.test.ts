import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.fixture.ts';
import { deployment, pod, readyTopic } from './fake-objects.fixture.ts';
import { type ClusterOptions, openCluster } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'throughline-kubernetes-'));
const kubeconfig = join(folder, 'config');
let server: FakeApiServer;

beforeEach(async () => {
  server = await startFakeApiServer();
  writeFileSync(kubeconfig, server.kubeconfig);
  server.add('deployments', deployment('storage-metadata', { replicas: 2 }), deployment('intake-api'));
  server.add('pods', pod('storage-metadata', 'a'), pod('storage-metadata', 'b'), pod('intake-api', 'a'));
});
afterEach(() => server.close());
afterAll(() => rmSync(folder, { recursive: true }));

const open = (options: ClusterOptions = {}) => openCluster({ kubeconfig, ...options });
const present = (name: string) => server.objects.deployments.get(name);

describe('openCluster', () => {
  it('takes the namespace of the context, else throughline', () => {
    expect(open()).toMatchObject({ context: 'fake', namespace: 'throughline' });
    expect(open({ context: 'elsewhere' })).toMatchObject({ context: 'elsewhere', namespace: 'shop' });
    expect(open({ context: 'elsewhere', namespace: 'mine' }).namespace).toBe('mine');
  });

  it('says so where there is no cluster', () => {
    const { HOME, KUBECONFIG } = process.env;
    process.env.HOME = folder;
    delete process.env.KUBECONFIG;
    try {
      expect(() => openCluster()).toThrow(expect.objectContaining({ code: 'CLUSTER_UNAVAILABLE', retryable: false }));
      expect(() => openCluster()).toThrow('There is no cluster here');
    } finally {
      process.env.HOME = HOME;
      if (KUBECONFIG !== undefined) process.env.KUBECONFIG = KUBECONFIG;
    }
  });

  it('names a kubeconfig that is not there, and the contexts there are', () => {
    expect(() => open({ kubeconfig: join(folder, 'none') })).toThrow(/kubeconfig cannot be read: .*none/);
    expect(() => open({ context: 'production' })).toThrow('has no context production; it has fake, elsewhere');
  });

  it('reads several kubeconfigs as kubectl does: the first has the say', () => {
    const other = join(folder, 'other');
    writeFileSync(
      other,
      server.kubeconfig.replaceAll('fake', 'second').replaceAll('elsewhere', 'third').replaceAll('mia', 'eve'),
    );
    expect(open({ kubeconfig: `${kubeconfig}:${other}` }).context).toBe('fake');
    expect(open({ kubeconfig: `${kubeconfig}:${other}`, context: 'second' }).context).toBe('second');
  });
});

describe('workloads', () => {
  it('tells the rollout of each component, by name', async () => {
    const workloads = await open().workloads();
    expect(workloads.map(({ component }) => component)).toEqual(['intake-api', 'storage-metadata']);
    expect(workloads[1]).toMatchObject({
      name: 'throughline-storage-metadata',
      image: 'docker.io/throughline/throughline:0.1.0',
      desired: 2,
      updated: 2,
      ready: 2,
      isObserved: true,
      isRolledOut: true,
      stoppedReplicas: undefined,
    });
    expect(
      workloads[1]?.pods.map(({ name, isReady, restarts, lastEnd, waitingFor }) => [
        name,
        isReady,
        restarts,
        lastEnd,
        waitingFor,
      ]),
    ).toEqual([
      ['throughline-storage-metadata-a', true, 0, undefined, undefined],
      ['throughline-storage-metadata-b', true, 0, undefined, undefined],
    ]);
  });

  it('is not rolled out while a pod of the former template is left, or the change was not seen', async () => {
    Object.assign(present('throughline-storage-metadata')?.status, { updatedReplicas: 1, replicas: 3 });
    Object.assign(present('throughline-intake-api')?.metadata ?? {}, { generation: 2 });
    server.isBlind = true;
    const [api, metadata] = await open().workloads();
    expect(metadata).toMatchObject({ isObserved: true, isRolledOut: false, updated: 1 });
    expect(api).toMatchObject({ isObserved: false, isRolledOut: false, updated: 1, ready: 1 });
  });

  it('tells why a container ended last, also before it is started again', async () => {
    const killed = pod('storage-metadata', 'killed', { isReady: false });
    const end = { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-01-06T10:10:00Z' };
    Object.assign(killed.status.containerStatuses[0], {
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: end },
    });
    const ending = pod('intake-api', 'ending', { isReady: false });
    Object.assign(ending.status.containerStatuses[0], { state: { terminated: { exitCode: 1 } } });
    server.add('pods', killed, ending);
    const [api, metadata] = await open().workloads();
    expect(metadata?.pods.find(({ name }) => name.endsWith('-killed'))).toEqual({
      name: 'throughline-storage-metadata-killed',
      image: 'docker.io/throughline/throughline:0.1.0',
      isReady: false,
      restarts: 3,
      lastEnd: { container: 'storage-metadata', reason: 'OOMKilled', exitCode: 137, at: '2026-01-06T10:10:00.000Z' },
      waitingFor: 'CrashLoopBackOff',
    });
    expect(api?.pods[1]?.lastEnd).toEqual({ container: 'intake-api', reason: 'Error', exitCode: 1, at: undefined });
  });

  it('tells why a pod has no node, and leaves out evicted ones', async () => {
    const homeless = pod('intake-api', 'homeless', { isReady: false });
    homeless.status = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] };
    const evicted = pod('intake-api', 'evicted', { isReady: false });
    evicted.status = { phase: 'Failed', reason: 'Evicted' };
    server.add('pods', homeless, evicted);
    const [api] = await open().workloads();
    expect(api?.pods.map(({ waitingFor, restarts }) => [waitingFor, restarts])).toEqual([
      [undefined, 0],
      ['Unschedulable', 0],
    ]);
  });

  it('leaves out what is not ours, and other releases when one is named', async () => {
    const foreign = deployment('shop');
    foreign.metadata.labels = { app: 'shop' };
    server.add('deployments', foreign, deployment('console', { release: 'second' }));
    const names = async (options: ClusterOptions) => (await open(options).workloads()).map(({ name }) => name);
    expect(await names({})).toEqual(['second-console', 'throughline-intake-api', 'throughline-storage-metadata']);
    expect(await names({ release: 'second' })).toEqual(['second-console']);
  });
});

describe('topics and users', () => {
  it('tells conditions', async () => {
    server.add('kafkatopics', readyTopic('orders.v1'));
    expect(await open().topics()).toEqual([
      {
        name: 'orders.v1',
        kafkaCluster: 'throughline',
        isReady: true,
        isObserved: true,
        conditions: [{ type: 'Ready', status: 'True', reason: undefined, message: undefined, since: '2026-01-06T10:00:09Z' }],
      },
    ]);
    expect(await open().users()).toEqual([]);
  });

  it.each([
    ['Ready', 'False'],
    ['NotReady', 'True'],
  ])('is not ready with %s: %s', async (type, status) => {
    const refused = readyTopic('orders.v1');
    refused.status.conditions = [{ type, status, reason: 'NotSupported', message: 'Decreasing partitions not supported' }];
    server.add('kafkausers', refused);
    expect(await open().users()).toMatchObject([
      { isReady: false, conditions: [{ type, reason: 'NotSupported', message: 'Decreasing partitions not supported' }] },
    ]);
  });

  it('is not ready before the operator saw it, nor after a change that it has not seen', async () => {
    const fresh = readyTopic('a');
    fresh.status = undefined;
    const changed = readyTopic('b');
    changed.metadata.generation = 2;
    server.add('kafkatopics', fresh, changed);
    expect(await open().topics()).toMatchObject([
      { isReady: false, isObserved: false, conditions: [] },
      { isReady: false, isObserved: false },
    ]);
  });

  it('has none in a cluster without Strimzi', async () => {
    server.unknownKinds.add('kafkatopics');
    expect(await open().topics()).toEqual([]);
  });
});

describe('what the API server refuses', () => {
  it('names the missing right, and nothing of the request', async () => {
    server.rules = [];
    const failure = open().workloads();
    await expect(failure).rejects.toMatchObject({ code: 'CLUSTER_REFUSED', retryable: false });
    await expect(failure).rejects.toThrow('cannot list resource');
    await expect(failure).rejects.not.toThrow(server.token);
  });

  it('names it of custom kinds as well', async () => {
    server.rules = [];
    await expect(open().topics()).rejects.toThrow('cannot list resource "kafkatopics"');
  });

  it.each([429, 500, 503])('may pass: %d', async (code) => {
    server.failures.push(code, code);
    await expect(open().workloads()).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE', retryable: true });
  });

  it('is nobody who answers', async () => {
    const closed = await startFakeApiServer();
    await closed.close();
    writeFileSync(kubeconfig, closed.kubeconfig);
    const failure = open().topics();
    await expect(failure).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE', retryable: true });
    await expect(failure).rejects.toThrow(/does not answer: ECONNREFUSED/);
  });
});
