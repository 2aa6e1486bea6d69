import type { Journey } from './api/journey.ts';
import { createFakeTerminal, type FakeService, startFakeService } from './fake-operations.fixture.ts';
import { runCli } from './run-cli.ts';

const step = { outcome: 'handled', attempt: 1, durationMs: 3, detail: null };
const JOURNEY: Journey = {
  eventId: 'e-1',
  asOf: '2026-01-06T10:30:00Z',
  type: 'OBJECT_CREATED',
  source: 'OBJECT_SERVICE',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  correlationId: 'e-0',
  publications: [
    {
      ...{ topic: 'storage.object.v1', partition: 2, offset: '41', at: '2026-01-06T10:14:52.020Z', key: 'o-1' },
      ...{ source: 'OBJECT_SERVICE', type: 'OBJECT_CREATED', traceId: null },
    },
  ],
  parent: { eventId: 'e-0', causationId: null, type: 'BUCKET_UPDATED', source: null, topic: 't', at: null, depth: 0 },
  children: [
    { eventId: 'e-2', causationId: 'e-1', type: 'A', source: null, topic: 't', at: '2026-01-06T10:14:53Z', depth: 1 },
    { eventId: 'e-3', causationId: 'e-2', type: 'B', source: null, topic: null, at: null, depth: 2 },
  ],
  hasMoreChildren: true,
  outbox: [
    { service: 'storage.object', state: 'sent', topic: 'storage.object.v1', createdAt: '2026-01-06T10:14:52.000Z', sentAt: null },
  ],
  groups: [
    {
      group: 'storage.metadata',
      state: 'handled',
      steps: [
        { ...step, at: '2026-01-06T10:14:52.100Z', outcome: 'dead-lettered', detail: 'TypeError: \u001b[31mno' },
        { ...step, at: '2026-01-06T10:20:00.001Z', outcome: 'replayed', detail: 'd-1 by mia' },
        { ...step, at: '2026-01-06T10:20:00.100Z' },
      ],
      processedAt: '2026-01-06T10:20:00.100Z',
      deadLetters: [
        {
          ...{ dlqId: 'd-1', state: 'resolved', reason: 'handler', replayCount: 1 },
          decisions: [{ at: '2026-01-06T10:20:00Z', operator: 'mia', action: 'dead-letter.replay' }],
        },
      ],
      parked: [],
    },
  ],
  services: [{ service: 'storage.metadata', asOf: '2026-01-06T10:30:00Z' }],
  silent: [],
  index: { asOf: '2026-01-06T10:30:00Z', lag: 0 },
};

let service: FakeService;

beforeEach(async () => {
  service = await startFakeService({ service: 'console', routes: { 'GET /journeys/e-1': { body: JOURNEY } } });
});

afterEach(() => service.close());

async function journey(...args: readonly string[]) {
  const terminal = createFakeTerminal();
  const code = await runCli(['journey', ...args, '--url', service.url, '--console-url', service.url], terminal);
  return { code, ...terminal.written };
}

describe('journey', () => {
  it('tells what happened in the order of time, from the outbox to the decision and after', async () => {
    const { code, out } = await journey('e-1');
    expect(code).toBe(0);
    const happened = out.slice(out.indexOf('what happened'), out.indexOf('\ngroups')).trim().split('\n').slice(1);
    expect(happened.map((line) => line.replace(/^ +\S+ \S+ +/, ''))).toEqual([
      '+0 ms  storage.object    put into the outbox for storage.object.v1',
      '+20 ms  Kafka             published to storage.object.v1 [2] @ 41, key o-1',
      '+100 ms  storage.metadata  dead-lettered (try 1, 3 ms): TypeError: \ufffd[31mno',
      '+5m  storage.metadata  replay of dead letter d-1 by mia',
      '+5m  storage.metadata  handled (try 1, 3 ms)',
    ]);
  });

  it('tells the parent, the children under their causes, the trace, and how fresh it is', async () => {
    const { out } = await journey('e-1');
    expect(out).toMatch(/caused by +BUCKET_UPDATED e-0/);
    expect(out).toMatch(/trace +0af7651916cd43dd8448eb211c80319c/);
    expect(out).toMatch(/A e-2\n {4}B e-3 \(not published, as far as is known\)\n {2}… and more/);
    expect(out).toMatch(/the index is 0 records behind; asked: storage\.metadata/);
  });

  it('as JSON is what the console said', async () => {
    expect(JSON.parse((await journey('e-1', '--json')).out)).toEqual(JOURNEY);
  });

  it('names who could not be asked and ends with 4', async () => {
    service.routes['GET /journeys/e-1'] = {
      body: { ...JOURNEY, silent: [{ service: 'storage.object', reason: 'ECONNREFUSED' }] },
    };
    const { code, err } = await journey('e-1');
    expect(code).toBe(4);
    expect(err).toBe('did not answer: storage.object: ECONNREFUSED\n');
  });

  it('of an unknown event is 3', async () => {
    expect((await journey('e-9')).code).toBe(3);
  });
});
