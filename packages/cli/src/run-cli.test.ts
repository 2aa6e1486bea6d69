import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GroupInfo } from './api/operations-api.ts';
import { createFakeTerminal, type FakeService, type FakeTerminal, startFakeService, TOKEN } from './fake-operations.fixture.ts';
import { runCli } from './run-cli.ts';

const GROUP: GroupInfo = {
  group: 'storage.metadata',
  order: 'none',
  state: 'running',
  members: 1,
  lag: 12,
  topics: [{ topic: 'storage.object.v1', partition: 0, committed: '5', low: '0', high: '17', lag: 12 }],
  blockedKeys: 0,
  deadKeys: 0,
  parkedRecords: 0,
  waitingDeadLetters: 3,
};
let nobody: string;

let object: FakeService;
let metadata: FakeService;

beforeAll(async () => {
  const gone = await startFakeService({ service: 'gone' });
  nobody = gone.url;
  await gone.close();
});

beforeEach(async () => {
  object = await startFakeService({ service: 'storage.object', groups: ['storage.object'] });
  metadata = await startFakeService({ service: 'storage.metadata', groups: ['storage.metadata'], hasOutbox: false });
  object.routes['GET /operations/groups'] = { body: { items: [] } };
  metadata.routes['GET /operations/groups'] = { body: { items: [GROUP] } };
});

afterEach(() => Promise.all([object.close(), metadata.close()]));

const urls = (...more: string[]) => [object.url, metadata.url, ...more].flatMap((url) => ['--url', url]);

async function run(args: readonly string[], terminal: FakeTerminal = createFakeTerminal()) {
  return { code: await runCli(args, terminal), ...terminal.written };
}

describe('where services are', () => {
  it('takes --url, and asks each', async () => {
    const { code, out, err } = await run(['groups', 'lag', ...urls()]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/GROUP .* LAG/);
    expect(out).toMatch(/storage\.metadata +storage\.metadata +running +none +1 +12/);
  });

  it('takes THROUGHLINE_URLS', async () => {
    const env = { THROUGHLINE_TOKEN: TOKEN, THROUGHLINE_URLS: `${object.url}, ${metadata.url}/` };
    const { code, out } = await run(['groups', 'lag', '--json'], createFakeTerminal({ env }));
    expect(code).toBe(0);
    expect(JSON.parse(out).items).toEqual([{ service: 'storage.metadata', ...GROUP }]);
  });

  describe('of a local stack', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'throughline-cli-'));
    afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

    it('are those that npm start noted, with its token; the edge without operations is no fault', async () => {
      const edge = await startFakeService({ service: 'edge', routes: { 'GET /operations': { status: 404 } } });
      mkdirSync(join(dataDir, 'run'), { recursive: true });
      const services = Object.fromEntries(
        [object, metadata, edge].map(({ url }, index) => [index, { httpUrl: url, opsUrl: url }]),
      );
      writeFileSync(join(dataDir, 'run', 'addresses.json'), JSON.stringify({ services }));
      writeFileSync(join(dataDir, 'secrets.json'), JSON.stringify({ operationsToken: TOKEN }));
      const { code, err } = await run(['groups', 'lag', '--data-dir', dataDir], createFakeTerminal({ env: {} }));
      expect([code, err]).toEqual([0, '']);
      await edge.close();
    });

    it('gives its token to no other address', async () => {
      const { code, err } = await run(
        ['groups', 'lag', '--data-dir', dataDir, '--url', object.url],
        createFakeTerminal({ env: {} }),
      );
      expect(code).toBe(2);
      expect(err).toContain('No token');
      expect(object.asked).toEqual([]);
    });
  });

  it('says so when nothing says where', async () => {
    const { code, err } = await run(['groups', 'lag', '--data-dir', '/nowhere']);
    expect(code).toBe(2);
    expect(err).toContain('npm start is not running');
  });
});

describe('exit codes', () => {
  it('4: prints what the others said and names who did not answer on stderr', async () => {
    const { code, out, err } = await run(['groups', 'lag', '--json', ...urls(nobody)]);
    expect(code).toBe(4);
    expect(JSON.parse(out).items).toHaveLength(1);
    expect(err).toBe(`did not answer: ${nobody}: ECONNREFUSED\n`);
  });

  it('4: nobody answers at all', async () => {
    const { code, out, err } = await run(['groups', 'lag', '--url', nobody]);
    expect([code, out]).toEqual([4, '']);
    expect(err).toContain('no service answered');
  });

  it('4: who may know the group is silent', async () => {
    expect((await run(['groups', 'pause', 'other.group', ...urls(nobody)])).code).toBe(4);
  });

  it('3: nobody knows the group', async () => {
    const { code, err } = await run(['groups', 'pause', 'other.group', ...urls()]);
    expect(code).toBe(3);
    expect(err).toBe('throughline: no service knows group other.group\n');
  });

  it.each([
    [['groups', 'lagg']],
    [['groups', 'lag', '--no-such-option']],
    [['replay', 'start', '--group', 'g']],
    [['replay', 'start', '--group', 'g', '--from', 'yesterday']],
    [['replay', 'start', '--group', 'g', '--from', '2026-01-06', '--side', '--rewind']],
    [['replay', 'start', '--group', 'g', '--from', '2026-01-06', '--allow-publishing']],
    [['outbox', 'list', '--limit', '0']],
    [['dead-letters', 'replay']],
    [['dead-letters', 'replay', 'd', '--group', 'g']],
  ])('2: %j', async (args) => {
    const { code, out, err } = await run([...args, '--url', object.url]);
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
    expect(object.asked.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('1: a wrong token', async () => {
    const env = { THROUGHLINE_TOKEN: 'wrong' };
    const { code, err } = await run(['groups', 'lag', '--url', object.url], createFakeTerminal({ env }));
    expect(err).toContain('does not accept the token (401)');
    expect(code).toBe(1);
  });

  it('0: help, on each verb, with an example', async () => {
    const verbs = [
      ...['outbox list', 'outbox replay', 'outbox discard', 'dead-letters list', 'dead-letters show', 'dead-letters replay'],
      ...['dead-letters edit', 'dead-letters discard', 'replay start', 'replay status', 'replay cancel'],
      ...['groups lag', 'groups pause', 'groups resume', 'journey'],
    ];
    for (const verb of verbs) {
      const { code, out } = await run([...verb.split(' '), '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Examples:\n  throughline ${verb}`);
      expect(out).toContain('--json');
    }
  });
});

describe('groups', () => {
  it.each(['pause', 'resume'])('%s goes to the service of the group, with the operator', async (action) => {
    metadata.routes[`POST /operations/groups/storage.metadata/${action}`] = {
      body: { group: 'storage.metadata', state: 'paused' },
    };
    const { code, out } = await run(['groups', action, 'storage.metadata', '--json', ...urls()]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ service: 'storage.metadata', group: 'storage.metadata', state: 'paused' });
    expect(metadata.asked.at(-1)).toMatchObject({ method: 'POST', operator: 'mia' });
  });

  it('lag of one group shows its partitions', async () => {
    const { out } = await run(['groups', 'lag', 'storage.metadata', ...urls()]);
    expect(out).toMatch(/storage\.object\.v1 +0 +5 +0 +17 +12/);
  });

  it('shows control characters of names instead of sending them to the terminal', async () => {
    metadata.routes['GET /operations/groups'] = { body: { items: [{ ...GROUP, state: 'run\u001b[31m' }] } };
    expect((await run(['groups', 'lag', ...urls()])).out).toContain('run\ufffd[31m');
  });
});
