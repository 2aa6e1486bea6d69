import type { QueueInfo } from './api/operations-api.ts';
import { createFakeTerminal, type FakeService, type FakeTerminal, startFakeService } from './fake-operations.fixture.ts';
import { runCli } from './run-cli.ts';

const QUEUE: QueueInfo = {
  group: 'intake.worker',
  topics: ['intake.orders.v1'],
  approximateNumberOfMessages: 1_200,
  approximateNumberOfMessagesNotVisible: 64,
  approximateNumberOfMessagesDelayed: 3,
  approximateAgeOfOldestMessageSeconds: 12.34,
  deadLetters: 2,
  members: 4,
  readAt: '2026-01-06T10:30:00.000Z',
};
const UNKNOWN: QueueInfo = { ...QUEUE, approximateNumberOfMessagesNotVisible: null, deadLetters: null };
const OTHER: QueueInfo = { ...QUEUE, group: 'console.index', approximateAgeOfOldestMessageSeconds: 0 };

let api: FakeService;
let worker: FakeService;

beforeEach(async () => {
  api = await startFakeService({ service: 'intake.api', hasOutbox: false });
  worker = await startFakeService({ service: 'intake.worker', groups: ['intake.worker'] });
  serve(api, UNKNOWN);
  serve(worker, QUEUE, OTHER);
});
afterEach(() => Promise.all([api.close(), worker.close()]));

function serve(service: FakeService, ...queues: readonly QueueInfo[]): void {
  service.routes['GET /operations/queues'] = { body: { items: queues } };
  for (const queue of queues) service.routes[`GET /operations/queues/${queue.group}`] = { body: queue };
}

async function run(args: readonly string[], terminal: FakeTerminal = createFakeTerminal()) {
  const urls = [api, worker].flatMap(({ url }) => ['--url', url]);
  return { code: await runCli([...args, ...urls], terminal), ...terminal.written };
}

describe('queue list', () => {
  it('shows each queue once, as whoever knows most tells it', async () => {
    const { code, out, err } = await run(['queue', 'list']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^QUEUE +VISIBLE +IN FLIGHT +DELAYED +OLDEST +DEAD LETTERS +MEMBERS\n/);
    expect(out).toMatch(/\nconsole\.index .* 0\.0 s .*\nintake\.worker +1200 +64 +3 +12\.3 s +2 +4\n$/);
  });

  it('is JSON with --json, in the words of SQS', async () => {
    const { code, out } = await run(['queue', 'list', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ items: [OTHER, QUEUE] });
  });

  it('says so where there is none, also of services that have no such list', async () => {
    serve(api);
    delete worker.routes['GET /operations/queues'];
    expect(await run(['queue', 'list'])).toEqual({ code: 0, out: 'no queues\n', err: '' });
  });

  it('shows what is known, names who did not answer, and ends with 4', async () => {
    await api.close();
    const { code, out, err } = await run(['queue', 'list']);
    expect(code).toBe(4);
    expect(out).toMatch(/intake\.worker +1200/);
    expect(err).toContain(api.url);
  });

  it('ends with 1 and the reason where a service cannot read its queues', async () => {
    const problem = { title: 'Unavailable', detail: 'no broker answers' };
    worker.routes['GET /operations/queues'] = { status: 503, body: problem };
    const { code, err } = await run(['queue', 'list']);
    expect(code).toBe(1);
    expect(err).toContain('no broker answers');
  });
});

describe('queue show', () => {
  it('shows one, with a dash for what is not known', async () => {
    serve(worker, UNKNOWN);
    const { code, out } = await run(['queue', 'show', 'intake.worker']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^queue +intake\.worker\ntopics +intake\.orders\.v1\nvisible +1200\nin flight +–\ndelayed +3\noldest +12\.3 s\n/,
    );
    expect(out).toMatch(/dead letters +–\nmembers +4\n/);
  });

  it.each([
    [99.96, '100.0 s'],
    [125, '2 min'],
    [9_000, '2.5 h'],
  ])('shows an age of %d seconds as %s', async (seconds, shown) => {
    serve(worker, { ...QUEUE, approximateAgeOfOldestMessageSeconds: seconds });
    expect((await run(['queue', 'show', 'intake.worker'])).out).toMatch(new RegExp(`oldest +${shown}\n`));
  });

  it('is the queue itself with --json', async () => {
    const { out } = await run(['queue', 'show', 'intake.worker', '--json']);
    expect(JSON.parse(out)).toEqual(QUEUE);
  });

  it('ends with 3 for one that nobody knows, 4 when somebody who may did not answer, 2 without a name', async () => {
    expect(await run(['queue', 'show', 'none'])).toMatchObject({ code: 3, err: expect.stringContaining('queue none') });
    expect(await run(['queue', 'show'])).toMatchObject({ code: 2 });
    await api.close();
    expect(await run(['queue', 'show', 'none'])).toMatchObject({ code: 4 });
  });
});

describe('--watch', () => {
  /** Ctrl-C at a pause. */
  const interrupted = new Error('interrupted');

  it('looks again every two seconds, also after a look that failed, until it is interrupted', async () => {
    const pauses: number[] = [];
    const terminal: FakeTerminal = {
      ...createFakeTerminal(),
      pause: async (ms) => {
        pauses.push(ms);
        if (pauses.length === 3) throw interrupted;
        delete api.routes['GET /operations/queues/intake.worker'];
        if (pauses.length === 1) delete worker.routes['GET /operations/queues/intake.worker'];
        else serve(worker, { ...QUEUE, approximateNumberOfMessages: 7 });
      },
    };
    await expect(run(['queue', 'show', 'intake.worker', '--watch'], terminal)).rejects.toBe(interrupted);
    expect(pauses).toEqual([2_000, 2_000, 2_000]);
    expect(terminal.written.out.match(/visible +\d+/g)).toEqual(['visible       1200', 'visible       7']);
    expect(terminal.written.err).toContain('queue intake.worker');
  });

  it('does not watch what is not there', async () => {
    expect(await run(['queue', 'show', 'none', '--watch'])).toMatchObject({ code: 3 });
  });
});

it('helps', async () => {
  const { code, out } = await run(['queue', 'show', '--help']);
  expect(code).toBe(0);
  expect(out).toContain('--watch');
  expect(out).toContain('throughline queue show intake.worker');
});
