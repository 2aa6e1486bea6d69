import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.fixture.ts';
import { deployment, type FakeObject, labelsOf, pod } from './fake-objects.fixture.ts';
import { openCluster } from './index.ts';
import { STOP_ANNOTATION } from './stop-note.ts';

const NAME = 'throughline-intake-worker';
const folder = mkdtempSync(join(tmpdir(), 'throughline-kubernetes-'));
let server: FakeApiServer;

beforeEach(async () => {
  server = await startFakeApiServer();
  writeFileSync(join(folder, 'config'), server.kubeconfig);
  server.add('deployments', deployment('intake-worker', { replicas: 2 }));
  server.add('pods', pod('intake-worker', 'a'), pod('intake-worker', 'b'), pod('intake-api', 'a'));
});
afterEach(() => server.close());
afterAll(() => rmSync(folder, { recursive: true }));

const open = (release?: string) =>
  openCluster({ kubeconfig: join(folder, 'config'), pollMs: 2, ...(release !== undefined && { release }) });
const replicas = (name = NAME) => server.objects.deployments.get(name)?.spec.replicas;
const note = () => server.objects.deployments.get(NAME)?.metadata.annotations?.[STOP_ANNOTATION];

describe('stop', () => {
  it('resolves when its pods are gone, and no others', async () => {
    expect(await open().stop('intake-worker')).toEqual({ component: 'intake-worker', isChanged: true, replicas: 2 });
    expect([...server.objects.pods.keys()]).toEqual(['throughline-intake-api-a']);
    expect([replicas(), note()]).toEqual([0, '2']);
  });

  it('does not forget at a second stop what it was', async () => {
    await open().stop('intake-worker');
    expect(await open().stop('intake-worker')).toEqual({ component: 'intake-worker', isChanged: false, replicas: 2 });
    expect(note()).toBe('2');
  });

  it('takes what it is now, not what a former stop noted, when an upgrade started it meanwhile', async () => {
    const present = server.objects.deployments.get(NAME) as FakeObject;
    Object.assign(present.metadata, { annotations: { [STOP_ANNOTATION]: '7' } });
    expect(await open().stop('intake-worker')).toMatchObject({ replicas: 2 });
  });

  it('decides anew when somebody else changed the deployment meanwhile', async () => {
    server.beforePatch = () => {
      server.beforePatch = undefined;
      const present = server.objects.deployments.get(NAME) as FakeObject;
      Object.assign(present.metadata, { resourceVersion: '5' });
      present.spec.replicas = 3;
    };
    expect(await open().stop('intake-worker')).toMatchObject({ replicas: 3 });
    expect(note()).toBe('3');
  });

  it('names pods that stay past the deadline', async () => {
    server.isStuck = true;
    const failure = open().stop('intake-worker', { deadlineMs: 1 });
    await expect(failure).rejects.toMatchObject({ code: 'ROLLOUT_INCOMPLETE', retryable: true });
    await expect(failure).rejects.toThrow(/intake-worker did not stop within 0.001 s: .*throughline-intake-worker-a/);
  });

  it('goes on waiting when the API server is away for a moment', async () => {
    // The patch is the last request before the waiting.
    server.beforePatch = () => {
      server.failures.push(503, 503);
    };
    expect(await open().stop('intake-worker')).toMatchObject({ isChanged: true });
  });

  it('knows no such component, and says which there are', async () => {
    await expect(open().stop('intake')).rejects.toMatchObject({ code: 'COMPONENT_UNKNOWN' });
    await expect(open().stop('intake')).rejects.toThrow('there are: intake-worker');
  });

  it('stops none of several releases until one is named', async () => {
    server.add('deployments', deployment('intake-worker', { release: 'second' }));
    await expect(open().stop('intake-worker')).rejects.toMatchObject({ code: 'COMPONENT_UNKNOWN' });
    await open('second').stop('intake-worker');
    expect([replicas(), replicas('second-intake-worker')]).toEqual([2, 0]);
  });

  it('gives up waiting when it is told to', async () => {
    server.isStuck = true;
    const controller = new AbortController();
    const stopped = open().stop('intake-worker', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
  });
});

describe('start', () => {
  it('brings back what there was, and resolves when all are ready', async () => {
    await open().stop('intake-worker');
    expect(await open().start('intake-worker')).toEqual({ component: 'intake-worker', isChanged: true, replicas: 2 });
    const [workload] = await open().workloads();
    expect(workload).toMatchObject({ desired: 2, ready: 2, isRolledOut: true });
    expect(note()).toBeUndefined();
  });

  it('leaves one that runs as it is', async () => {
    expect(await open().start('intake-worker')).toEqual({ component: 'intake-worker', isChanged: false, replicas: 2 });
    expect(server.asked.map(({ verb }) => verb)).not.toContain('patch');
  });

  it('gives one replica to what somebody else scaled to 0', async () => {
    const present = server.objects.deployments.get(NAME) as FakeObject;
    present.spec.replicas = 0;
    expect(await open().start('intake-worker')).toMatchObject({ isChanged: true, replicas: 1 });
  });

  it('names pods that do not become ready', async () => {
    await open().stop('intake-worker');
    server.isStuck = true;
    await expect(open().start('intake-worker', { deadlineMs: 1 })).rejects.toThrow(/did not start within .* 0 of 2 ready/);
  });
});

describe('a KEDA ScaledObject', () => {
  const PAUSED = 'autoscaling.keda.sh/paused';
  const annotations = () => server.objects.scaledobjects.get(NAME)?.metadata.annotations;
  const scaledObject = (given?: Record<string, string>) => ({
    metadata: { name: NAME, labels: labelsOf('intake-worker'), ...(given !== undefined && { annotations: given }) },
    spec: {},
  });

  it('is paused while the component is stopped', async () => {
    server.add('scaledobjects', scaledObject());
    await open().stop('intake-worker');
    expect(annotations()).toMatchObject({ [PAUSED]: 'true' });
    await open().start('intake-worker');
    expect(annotations()).toEqual({});
  });

  it('stays paused when somebody else had paused it', async () => {
    server.add('scaledobjects', scaledObject({ [PAUSED]: 'true' }));
    await open().stop('intake-worker');
    await open().start('intake-worker');
    expect(annotations()).toEqual({ [PAUSED]: 'true' });
  });
});
