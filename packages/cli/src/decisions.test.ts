import type { DeadLetter, Job } from './api/operations-api.ts';
import { createFakeTerminal, type FakeService, type FakeTerminal, startFakeService } from './fake-operations.fixture.ts';
import { runCli } from './run-cli.ts';

const DLQ_ID = '2f1c5f0e-0b7d-5a7e-9d1a-2f1c5f0e0b7d';
const LETTER: DeadLetter = {
  dlqId: DLQ_ID,
  group: 'storage.metadata',
  eventId: 'e-1',
  source: 'OBJECT_SERVICE',
  type: 'OBJECT_CREATED',
  reason: 'contract',
  attempts: 1,
  errorClass: 'EventError',
  errorMessage: '/payload/size must be >= 0',
  original: { topic: 'storage.object.v1', partition: 2, offset: '41', timestamp: '2026-01-06T10:14:52.643Z' },
  key: 'o-1',
  firstFailedAt: '2026-01-06T10:14:53Z',
  lastFailedAt: '2026-01-06T10:15:00Z',
  replayCount: 1,
  state: 'waiting',
  isKeyBlocked: true,
  headers: { ce_id: 'e-1' },
  value: { encoding: 'utf8', text: '{"size":-1}' },
  errorStack: 'EventError: …\n    at check',
  decisions: [{ at: '2026-01-06T10:20:00Z', operator: 'mia', action: 'replay', detail: null }],
};
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
const LETTER_PATH = `/operations/dead-letters/${DLQ_ID}`;
const DECIDED = { dlqId: DLQ_ID, state: 'replayed', eventId: 'e-1', replayCount: 2 };

let object: FakeService;
let metadata: FakeService;

beforeEach(async () => {
  object = await startFakeService({ service: 'storage.object', groups: ['storage.object'] });
  metadata = await startFakeService({ service: 'storage.metadata', groups: ['storage.metadata'], hasOutbox: false });
  metadata.routes[`GET ${LETTER_PATH}`] = { body: LETTER };
});

afterEach(() => Promise.all([object.close(), metadata.close()]));

async function run(args: readonly string[], terminal: FakeTerminal = createFakeTerminal()) {
  const code = await runCli([...args, '--url', object.url, '--url', metadata.url], terminal);
  return { code, ...terminal.written };
}

const posted = (service: FakeService) => service.asked.filter(({ method }) => method === 'POST');

describe('dead-letters', () => {
  it('list asks every service, follows pages, and names filters as the API does', async () => {
    const { dlqId: _dlqId, ...rest } = LETTER;
    metadata.routes['GET /operations/dead-letters'] = ({ path }) => ({
      body: path.includes('after=two')
        ? { items: [{ ...rest, dlqId: 'second' }], next: null }
        : { items: [{ ...rest, dlqId: 'first' }], next: 'two' },
    });
    const { code, out } = await run(['dead-letters', 'list', '--reason', 'contract', '--event', 'e-1', '--json']);
    expect(code).toBe(0);
    const { items, hasMore } = JSON.parse(out);
    expect(items.map((item: { dlqId: string; service: string }) => [item.service, item.dlqId])).toEqual([
      ['storage.metadata', 'first'],
      ['storage.metadata', 'second'],
    ]);
    expect(hasMore).toBe(false);
    expect(metadata.asked[1]?.path).toBe('/operations/dead-letters?state=waiting&reason=contract&eventId=e-1&limit=100');
  });

  it('list with --limit says that there are more', async () => {
    metadata.routes['GET /operations/dead-letters'] = { body: { items: [LETTER], next: 'more' } };
    const { out } = await run(['dead-letters', 'list', '--group', 'storage.metadata', '--limit', '1']);
    expect(out).toContain('waiting, blocks its key');
    expect(out).toContain('there are more');
    expect(object.asked.map(({ path }) => path)).toEqual(['/operations']);
  });

  it('show prints the failure, the value and the decisions', async () => {
    const { code, out } = await run(['dead-letters', 'show', DLQ_ID]);
    expect(code).toBe(0);
    expect(out).toContain('storage.object.v1 [2] @ 41');
    expect(out).toContain('"size": -1');
    expect(out).toContain('replay by mia');
  });

  it('replay goes to the service that has it', async () => {
    metadata.routes[`POST ${LETTER_PATH}/replay`] = { body: DECIDED };
    const { code, out } = await run(['dead-letters', 'replay', DLQ_ID, '--ignore-cap', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ service: 'storage.metadata', ...DECIDED });
    expect(posted(metadata)).toEqual([
      { method: 'POST', path: `${LETTER_PATH}/replay`, operator: 'mia', body: { ignoreCap: true } },
    ]);
  });

  it('replay of one that somebody decided on meanwhile is refused with its state', async () => {
    metadata.routes[`POST ${LETTER_PATH}/replay`] = { status: 409, body: { detail: 'It is not waiting.', state: 'discarded' } };
    const { code, err } = await run(['dead-letters', 'replay', DLQ_ID]);
    expect(code).toBe(1);
    expect(err).toContain('It is not waiting. (its state is discarded)');
  });

  it('an unknown one is 3', async () => {
    expect((await run(['dead-letters', 'show', 'nobody-knows'])).code).toBe(3);
  });

  it('replay of many is a job, and --wait shows its progress on stderr', async () => {
    const states: Job[] = [JOB, { ...JOB, state: 'done', progress: { ...JOB.progress, done: 10 } }];
    metadata.routes['POST /operations/jobs'] = { status: 202, body: { ...JOB, kind: 'dead-letters', state: 'waiting' } };
    metadata.routes['GET /operations/jobs/j-1'] = () => ({ body: states.shift() });
    const { code, out, err } = await run(['dead-letters', 'replay', '--group', 'storage.metadata', '--wait', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ jobId: 'j-1', state: 'done' });
    expect(err.trim().split('\n')).toEqual([
      'waiting  5 of 10 (50 %), 0 skipped, 0 failed',
      'running  5 of 10 (50 %), 0 skipped, 0 failed',
      'done  10 of 10 (100 %), 0 skipped, 0 failed',
    ]);
    expect(posted(metadata)[0]?.body).toEqual({ kind: 'dead-letters', group: 'storage.metadata' });
  });

  describe('discard', () => {
    beforeEach(() => {
      metadata.routes[`POST ${LETTER_PATH}/discard`] = { body: { ...DECIDED, state: 'discarded' } };
    });

    it('is refused where nobody can be asked', async () => {
      const { code, err } = await run(['dead-letters', 'discard', DLQ_ID, '--reason', 'test']);
      expect(code).toBe(2);
      expect(err).toContain('--yes');
      expect(posted(metadata)).toEqual([]);
    });

    it.each([
      ['', 1, 0],
      ['no', 1, 0],
      ['y', 0, 1],
    ])('asks, and %j means exit code %d', async (answer, expected, decisions) => {
      const terminal = createFakeTerminal({ isInteractive: true, answer });
      const { code } = await run(['dead-letters', 'discard', DLQ_ID, '--reason', 'test'], terminal);
      expect(code).toBe(expected);
      expect(terminal.questions[0]).toContain('storage.metadata will never handle OBJECT_CREATED e-1');
      expect(posted(metadata)).toHaveLength(decisions);
    });

    it('goes on with --yes', async () => {
      expect((await run(['dead-letters', 'discard', DLQ_ID, '--reason', 'test', '--yes'])).code).toBe(0);
      expect(posted(metadata)[0]?.body).toEqual({ reason: 'test' });
    });
  });

  describe('edit', () => {
    beforeEach(() => {
      metadata.routes[`POST ${LETTER_PATH}/edit`] = { body: { ...DECIDED, state: 'edited', eventId: 'e-2' } };
    });

    it('sends --value as JSON', async () => {
      const { code, out } = await run(['dead-letters', 'edit', DLQ_ID, '--value', '{"size":1}']);
      expect([code, out]).toEqual([0, `dead letter ${DLQ_ID} goes on as event e-2\n`]);
      expect(posted(metadata)[0]?.body).toEqual({ value: { size: 1 } });
    });

    it('reads --file', async () => {
      const terminal = createFakeTerminal({ readText: async (path) => `{"from":"${path}"}` });
      await run(['dead-letters', 'edit', DLQ_ID, '--file', '-'], terminal);
      expect(posted(metadata)[0]?.body).toEqual({ value: { from: '-' } });
    });

    it('opens the indented value in an editor', async () => {
      const edit = async (text: string) => ({ text: text.replace('-1', '1'), file: '/tmp/value.json' });
      expect((await run(['dead-letters', 'edit', DLQ_ID], createFakeTerminal({ isInteractive: true, edit }))).code).toBe(0);
      expect(posted(metadata)[0]?.body).toEqual({ value: { size: 1 } });
    });

    it.each([
      ['the same', (text: string) => text, 'the same as before'],
      ['no JSON', () => '{', 'is not JSON'],
    ])('decides nothing when the edited text is %s', async (_name, change, said) => {
      const edit = async (text: string) => ({ text: change(text), file: '/tmp/value.json' });
      const { code, err } = await run(['dead-letters', 'edit', DLQ_ID], createFakeTerminal({ isInteractive: true, edit }));
      expect(code).toBe(1);
      expect(err).toContain(said);
      expect(posted(metadata)).toEqual([]);
    });

    it('shows every field of a contract that is violated', async () => {
      const errors = [{ field: 'body/value/payload/size', message: 'must be >= 0' }];
      metadata.routes[`POST ${LETTER_PATH}/edit`] = { status: 422, body: { detail: 'It violates OBJECT_CREATED.v1.', errors } };
      const { code, err } = await run(['dead-letters', 'edit', DLQ_ID, '--value', '{}']);
      expect(code).toBe(1);
      expect(err).toContain(
        '--value is refused, nothing was changed: It violates OBJECT_CREATED.v1.\n  body/value/payload/size must be >= 0',
      );
    });
  });
});
