import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type FakeApiServer, startFakeApiServer } from '../../kubernetes/src/fake-api-server.fixture.ts';
import { deployment, pod, readyTopic } from '../../kubernetes/src/fake-objects.fixture.ts';
import { createFakeTerminal, type FakeService, type FakeTerminal, startFakeService, TOKEN } from './fake-operations.fixture.ts';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'throughline-cluster-'));
const KUBECONFIG = join(folder, 'config');
const JOB = {
  jobId: 'j-1',
  kind: 'rewind',
  group: 'intake.worker',
  state: 'running',
  from: '2026-01-06T10:00:00.000Z',
  progress: { done: 0, total: null, skipped: 0, failed: 0 },
  createdAt: '2026-01-06T10:29:00Z',
  startedAt: null,
  endedAt: null,
  error: null,
  operator: 'mia',
};
let server: FakeApiServer;
let worker: FakeService;

beforeEach(async () => {
  server = await startFakeApiServer();
  writeFileSync(KUBECONFIG, server.kubeconfig);
  server.add('deployments', deployment('intake-worker', { replicas: 2 }), deployment('console'));
  server.add('pods', pod('intake-worker', 'a'), pod('intake-worker', 'b'), pod('console', 'a'));
  worker = await startFakeService({ service: 'intake.worker', groups: ['intake.worker'] });
});
afterEach(() => Promise.all([server.close(), worker.close()]));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(
  args: readonly string[],
  given: { env?: Record<string, string>; answer?: string; isInteractive?: boolean } = {},
) {
  const env = { KUBECONFIG, THROUGHLINE_TOKEN: TOKEN, USER: 'mia', ...given.env };
  const terminal: FakeTerminal = createFakeTerminal({ ...given, env });
  const code = await runCli(['cluster', ...args], terminal);
  return { code, ...terminal.written, questions: terminal.questions };
}

const replicas = () => server.objects.deployments.get('throughline-intake-worker')?.spec.replicas as number;
const patches = () => server.asked.filter(({ verb, resource }) => verb === 'patch' && resource === 'deployments').length;

describe('cluster status', () => {
  it('shows rollouts, restarts, and only the topics and users that are not ready', async () => {
    const killed = pod('console', 'b');
    Object.assign(killed.status.containerStatuses[0], {
      restartCount: 2,
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-01-06T10:20:00Z' } },
    });
    const refused = readyTopic('orders.v1');
    refused.status.conditions = [{ type: 'Ready', status: 'False', reason: 'NotSupported', message: 'fewer partitions' }];
    server.add('pods', killed);
    server.add('kafkatopics', readyTopic('fine.v1'), refused);
    server.add('kafkausers', readyTopic('throughline-console'));
    const { code, out, err } = await run(['status']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('namespace throughline, context fake');
    expect(out).toMatch(/intake-worker +ready +2\/2 +2 +0 +docker.io\/throughline/);
    expect(out).toMatch(/throughline-console-b +2 +– +OOMKilled \(exit code 137\) +.*10m ago/);
    expect(out).toContain('topics: 1 of 2 ready');
    expect(out).toMatch(/orders\.v1 +NotSupported: fewer partitions/);
    expect(out).not.toContain('fine.v1');
    expect(out).toContain('users: 1 of 1 ready');
  });

  it('as JSON', async () => {
    const fresh = readyTopic('orders.v1');
    fresh.status = undefined;
    server.add('kafkatopics', fresh);
    const { out } = await run(['status', '--json', '--context', 'fake']);
    const status = JSON.parse(out);
    expect(status).toMatchObject({
      namespace: 'throughline',
      topics: { total: 1, notReady: [{ name: 'orders.v1', isObserved: false }] },
    });
    expect(
      status.workloads.map(({ component, isRolledOut }: { component: string; isRolledOut: boolean }) => [component, isRolledOut]),
    ).toEqual([
      ['console', true],
      ['intake-worker', true],
    ]);
  });

  it('says of a topic that nobody looked at it', async () => {
    const changed = readyTopic('orders.v1');
    changed.metadata.generation = 2;
    server.add('kafkatopics', changed);
    expect((await run(['status'])).out).toMatch(/orders\.v1 +its operator has not looked at it yet/);
  });
});

describe('cluster stop and start', () => {
  it('stops a component, and gives it back what it had', async () => {
    const stopped = await run(['stop', 'intake-worker']);
    expect([stopped.code, replicas()]).toEqual([0, 0]);
    expect(stopped.out).toBe('intake-worker is stopped; throughline cluster start intake-worker brings back 2\n');
    expect((await run(['status'])).out).toContain('stopped (had 2)');
    const started = await run(['start', 'intake-worker', '--json']);
    expect(JSON.parse(started.out)).toEqual({ component: 'intake-worker', isChanged: true, replicas: 2 });
    expect(replicas()).toBe(2);
  });
});

describe('cluster rewind', () => {
  const PATH = 'GET /operations/jobs/j-1';
  const rewind = (...args: string[]) => [
    'rewind',
    'intake.worker',
    '--from',
    '2026-01-06T10:00:00Z',
    '--url',
    worker.url,
    ...args,
  ];
  beforeEach(() => {
    worker.routes['POST /operations/jobs'] = { status: 202, body: JOB };
  });

  it('leaves the component alone when its members leave by themselves', async () => {
    worker.routes[PATH] = { body: { ...JOB, state: 'done' } };
    const { code, out } = await run(rewind('--yes', '--json'));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ service: 'intake.worker', jobId: 'j-1', state: 'done' });
    expect(worker.asked.find(({ method }) => method === 'POST')?.body).toEqual({
      kind: 'rewind',
      group: 'intake.worker',
      from: JOB.from,
    });
    expect(patches()).toBe(0);
  });

  it('stops the component when they do not, starts it again, and waits for the job', async () => {
    // The job goes on in a pod that came after the stop.
    worker.routes[PATH] = () => ({ body: { ...JOB, state: patches() === 2 ? 'done' : 'running' } });
    const { code, err } = await run(rewind('--yes', '--stop-after', '1'));
    expect(code).toBe(0);
    expect(err).toContain('throughline cluster start intake-worker');
    expect([...server.objects.pods.keys()].filter((name) => name.includes('worker'))).toEqual([
      'throughline-intake-worker-new-0',
      'throughline-intake-worker-new-1',
    ]);
    expect(replicas()).toBe(2);
  });

  it('starts it again also when the stop fails', async () => {
    const isStuck = () => {
      server.isStuck = patches() < 2;
    };
    server.beforePatch = isStuck;
    const { code, err } = await run(rewind('--yes', '--stop-after', '0', '--deadline', '0.5'));
    expect(code).toBe(1);
    expect(err).toContain('intake-worker did not stop within 0.5 s');
    expect(replicas()).toBe(2);
  });

  it('fails with the job', async () => {
    worker.routes[PATH] = { body: { ...JOB, state: 'failed', error: 'TOPIC_MISSING' } };
    const { code, err } = await run(rewind('--yes'));
    expect([code, patches()]).toEqual([1, 0]);
    expect(err).toContain('job j-1 TOPIC_MISSING');
  });

  it('does nothing when the answer is no, or the service refuses', async () => {
    const declined = await run(rewind(), { isInteractive: true, answer: 'n' });
    expect([declined.code, declined.questions.length]).toEqual([1, 1]);
    expect(worker.asked.map(({ method }) => method)).not.toContain('POST');
    worker.routes['POST /operations/jobs'] = { status: 409, body: { detail: 'A job rewinds it already.' } };
    expect((await run(rewind('--yes', '--stop-after', '0'))).code).toBe(1);
    expect(patches()).toBe(0);
  });

  it('begins nothing without the component', async () => {
    const { code, err } = await run(rewind('--yes', '--component', 'worker'));
    expect(code).toBe(3);
    expect(err).toContain('there is no component worker in throughline; --component names it (console, intake-worker)');
    expect(worker.asked.map(({ method }) => method)).not.toContain('POST');
  });

  it('gives up when the service stays silent, and says how to go on', async () => {
    worker.routes[PATH] = () => {
      void worker.close();
      return { body: JOB };
    };
    const { code, err } = await run(rewind('--yes', '--stop-after', '0'));
    expect(code).toBe(4);
    expect(err).toContain('throughline replay status j-1 --wait');
    expect(replicas()).toBe(2);
  });
});

describe('exit codes', () => {
  it.each([
    ['2: there is no cluster', ['status'], { KUBECONFIG: join(folder, 'none') }, 2, 'kubeconfig cannot be read'],
    ['2: there is no such context', ['status', '--context', 'production'], {}, 2, 'has no context production'],
    ['3: there is no such component', ['stop', 'intake'], {}, 3, 'there are: console, intake-worker'],
    ['2: a time that is none', ['rewind', 'g', '--from', 'yesterday'], {}, 2, 'ISO 8601'],
  ])('%s', async (_title, args, env, expected, said) => {
    const { code, out, err } = await run(args, { env });
    expect([code, out]).toEqual([expected, '']);
    expect(err).toContain(said);
  });

  it('1: a right is missing', async () => {
    server.rules = [];
    const { code, err } = await run(['status']);
    expect(code).toBe(1);
    expect(err).toContain('cannot list resource');
  });

  it('4: the API server does not answer', async () => {
    server.failures.push(503, 503, 503, 503);
    expect((await run(['status'])).code).toBe(4);
  });

  it.each(['status', 'stop', 'start', 'rewind'])('0: help of %s, with an example', async (verb) => {
    const { code, out } = await run([verb, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Examples:\n  throughline cluster ${verb}`);
    expect(out).toContain('--json');
  });
});

it('loads the client for cluster commands alone', async () => {
  const hooks = `import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => { if (url.includes('@kubernetes/client-node')) process.env.WAS_LOADED = 'yes'; return next(url, context); } });
    process.on('exit', () => console.log('client loaded: ' + (process.env.WAS_LOADED ?? 'no')));`;
  const cli = async (...args: string[]) => {
    const argv = ['--import', `data:text/javascript,${encodeURIComponent(hooks)}`, join(import.meta.dirname, 'main.ts'), ...args];
    return (await promisify(execFile)(process.execPath, argv, { env: { ...process.env, KUBECONFIG } })).stdout;
  };
  expect(await cli('groups', '--help')).toContain('client loaded: no');
  expect(await cli('cluster', 'status')).toContain('client loaded: yes');
});
