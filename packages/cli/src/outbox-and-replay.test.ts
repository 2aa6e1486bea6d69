import type { Job } from './api/operations-api.ts';
import { createFakeTerminal, type FakeService, startFakeService } from './fake-operations.fixture.ts';
import { runCli } from './run-cli.ts';

const JOB: Job = {
  jobId: 'j-1',
  kind: 'side',
  group: 'storage.metadata',
  state: 'running',
  from: '2026-01-06T10:00:00.000Z',
  progress: { done: 5, total: 10, skipped: 0, failed: 0 },
  createdAt: '2026-01-06T10:29:00Z',
  startedAt: '2026-01-06T10:29:00Z',
  endedAt: null,
  error: null,
  operator: 'mia',
};

let object: FakeService;
let metadata: FakeService;

beforeEach(async () => {
  object = await startFakeService({ service: 'storage.object', groups: ['storage.object'] });
  metadata = await startFakeService({ service: 'storage.metadata', groups: ['storage.metadata'], hasOutbox: false });
});

afterEach(() => Promise.all([object.close(), metadata.close()]));

async function run(args: readonly string[]) {
  const terminal = createFakeTerminal();
  const code = await runCli([...args, '--url', object.url, '--url', metadata.url], terminal);
  return { code, ...terminal.written };
}

const posted = (service: FakeService) => service.asked.filter(({ method }) => method === 'POST');

describe('outbox', () => {
  const row = {
    eventId: 'e-9',
    type: 'T',
    aggregateType: 'bucket',
    aggregateId: 'b',
    topic: 't',
    attempts: 8,
    lastError: 'too large',
  };
  const failed = { ...row, createdAt: '2026-01-06T10:27:00Z', state: 'failed', waitingRows: 4 };

  it('list tells failed rows and what stands behind them', async () => {
    object.routes['GET /operations/outbox'] = {
      body: { items: [failed], next: null, counts: { unsent: 5, waiting: 4, failed: 1 } },
    };
    const { code, out } = await run(['outbox', 'list']);
    expect(code).toBe(0);
    expect(out).toMatch(/storage\.object +e-9 +T +bucket\/b +t +failed +8 +4 +.*\(3m ago\) +too large/);
    expect(out).toContain('storage.object: 5 unsent, 4 waiting, 1 failed');
    expect(object.asked.at(-1)?.path).toBe('/operations/outbox?state=failed&limit=100');
  });

  it('replay finds the service by the event', async () => {
    object.routes['GET /operations/events/e-9'] = { body: { outbox: [{ state: 'failed' }] } };
    metadata.routes['GET /operations/events/e-9'] = { body: { outbox: [] } };
    object.routes['POST /operations/outbox/e-9/replay'] = { body: { eventId: 'e-9', state: 'waiting' } };
    const { code, out } = await run(['outbox', 'replay', 'e-9', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ service: 'storage.object', eventId: 'e-9', state: 'waiting' });
    expect(posted(metadata)).toEqual([]);
  });

  it('discard of an unknown event is 3', async () => {
    expect((await run(['outbox', 'discard', 'e-0', '--reason', 'r', '--yes'])).code).toBe(3);
  });
});

describe('replay', () => {
  beforeEach(() => {
    metadata.routes['POST /operations/jobs'] = { status: 202, body: JOB };
  });

  it('start is a side replay, its time in UTC', async () => {
    const { code } = await run(['replay', 'start', '--group', 'storage.metadata', '--from', '2026-01-06T11:00:00+01:00']);
    expect(code).toBe(0);
    const expected = {
      kind: 'side',
      group: 'storage.metadata',
      from: '2026-01-06T10:00:00.000Z',
      force: false,
      allowPublishing: false,
    };
    expect(posted(metadata)[0]?.body).toEqual(expected);
  });

  it.each([['--rewind'], ['--force']])('start %s asks first', async (option) => {
    const args = ['replay', 'start', '--group', 'storage.metadata', '--from', '2026-01-06', option];
    expect((await run(args)).code).toBe(2);
    expect(posted(metadata)).toEqual([]);
    expect((await run([...args, '--yes'])).code).toBe(0);
    expect(posted(metadata)).toHaveLength(1);
  });

  it('--wait ends with 1 when the job failed', async () => {
    metadata.routes['GET /operations/jobs/j-1'] = { body: { ...JOB, state: 'failed', error: 'members did not leave' } };
    const { code, err } = await run(['replay', 'status', 'j-1', '--wait']);
    expect(code).toBe(1);
    expect(err).toContain('members did not leave');
  });

  it('status lists jobs, newest first', async () => {
    const older = { ...JOB, jobId: 'j-0', createdAt: '2026-01-05T00:00:00Z' };
    object.routes['GET /operations/jobs'] = { body: { items: [older], next: null } };
    metadata.routes['GET /operations/jobs'] = { body: { items: [JOB], next: null } };
    const { out } = await run(['replay', 'status', '--json']);
    expect(JSON.parse(out).items.map(({ jobId }: Job) => jobId)).toEqual(['j-1', 'j-0']);
  });

  it('cancel finds the job', async () => {
    metadata.routes['GET /operations/jobs/j-1'] = { body: JOB };
    metadata.routes['POST /operations/jobs/j-1/cancel'] = { body: { ...JOB, state: 'cancelled' } };
    const { code, out } = await run(['replay', 'cancel', 'j-1']);
    expect(code).toBe(0);
    expect(out).toMatch(/state +cancelled/);
  });
});
