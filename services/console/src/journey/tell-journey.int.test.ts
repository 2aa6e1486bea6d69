import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { s3Codec } from '@throughline/events';
import { createHttpServer, type HttpServer } from '@throughline/http';
import { OUTCOMES_TOPIC } from '@throughline/messaging';
import { createMetrics } from '@throughline/telemetry';
import { type ConsoleDatabase, eventRecord, openConsoleDatabase, quiet } from '../../test/console-database.ts';
import { storeEvents } from '../indexer/store-events.ts';
import { storeOutcomes } from '../indexer/store-outcomes.ts';
import { getJourneyRoute } from '../routes/get-journey.ts';
import { createOperatorVerifier } from '../routes/operator-token.ts';
import { createServiceInquiry } from './ask-services.ts';
import type { Journey } from './journey.ts';
import { tellJourney } from './tell-journey.ts';

const TOKEN = 'operations-token';
const AT = Date.now() - 60_000;
const GROUP = 'storage.metadata';

let index: ConsoleDatabase;
let service: Server;
let console: HttpServer;
let url: string;
/** What the service answers, by path. */
let answers: Record<string, unknown>;
let offset = 0;

beforeAll(async () => {
  index = await openConsoleDatabase();
  service = createServer((request, response) => {
    const answer = request.headers.authorization === `Bearer ${TOKEN}` ? answers[request.url ?? ''] : undefined;
    response
      .writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const urls = [`http://127.0.0.1:${(service.address() as AddressInfo).port}`];
  const ask = createServiceInquiry({ urls, token: TOKEN });
  const tell = (eventId: string) => tellJourney({ database: index.database, ask, lag: async () => 7 }, eventId);
  console = createHttpServer({
    routes: [getJourneyRoute({ tell })],
    verifyToken: createOperatorVerifier(TOKEN),
    logger: quiet,
    metrics: createMetrics({ service: 'console-test' }),
    title: 'Console',
  });
  const { port } = await console.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${port}`;
});

beforeEach(() => {
  answers = { '/operations': { service: 'storage.metadata', groups: [GROUP], hasOutbox: true } };
});

afterAll(async () => {
  await console?.close();
  service?.closeAllConnections();
  service?.close();
  await index?.close();
});

async function publish(id: string, causationId?: string): Promise<void> {
  const record = eventRecord({ id, offset: offset++, atMs: AT, ...(causationId !== undefined && { causationId }) });
  await storeEvents({ ...index, codecs: [s3Codec] }, [record]);
}

async function say(
  eventId: string,
  outcome: string,
  more: { afterMs?: number; attempt?: number; detail?: string } = {},
): Promise<void> {
  const { afterMs = 10, attempt = 1, detail } = more;
  const run = ['OBJECT_SERVICE', outcome, attempt, [eventId], ...(detail === undefined ? [] : [detail])];
  const value = {
    v: 1,
    service: GROUP,
    group: GROUP,
    topic: 'storage.object.v1',
    partition: 0,
    at: AT + afterMs,
    ms: 3,
    runs: [run],
  };
  const record = {
    ...eventRecord({ id: '', offset: offset++, topic: OUTCOMES_TOPIC, headers: {} }),
    value: Buffer.from(JSON.stringify(value)),
  };
  await storeOutcomes({ database: index.database, days: index.days, logger: quiet }, [record]);
}

async function get(eventId: string, token: string | undefined = TOKEN) {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/journeys/${encodeURIComponent(eventId)}`, { headers });
  return { status: response.status, journey: (await response.json()) as Journey };
}

const nothing = { outbox: [], processed: [], deadLetters: [], parked: [] };
const summary = {
  dlqId: 'd-1',
  group: GROUP,
  type: 'OBJECT_CREATED',
  source: 'OBJECT_SERVICE',
  state: 'waiting',
  reason: 'handler',
  replayCount: 0,
};

describe('a journey', () => {
  it('tells publication, tries and how it ended, with the trace', async () => {
    await publish('plain');
    await say('plain', 'retried', { afterMs: 10, detail: 'TypeError, again in 5s' });
    await say('plain', 'handled', { afterMs: 5_010, attempt: 2 });
    const { status, journey } = await get('plain');
    expect(status).toBe(200);
    expect(journey).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      correlationId: 'correlation-1',
      publications: [{ topic: 'storage.object.v1', partition: 0, at: new Date(AT).toISOString(), key: 'o-1' }],
      parent: null,
      children: [],
      silent: [],
      index: { lag: 7 },
    });
    expect(journey.groups).toMatchObject([
      {
        group: GROUP,
        state: 'handled',
        steps: [
          { outcome: 'retried', attempt: 1, durationMs: 3, detail: 'TypeError, again in 5s' },
          { outcome: 'handled', attempt: 2, at: new Date(AT + 5_010).toISOString() },
        ],
      },
    ]);
  });

  it('follows causes: the parent, and children in order, to five in a row', async () => {
    for (const [id, cause] of [
      ['r', undefined],
      ['c1', 'r'],
      ['c2', 'c1'],
      ['c3', 'c2'],
      ['c4', 'c3'],
      ['c5', 'c4'],
      ['c6', 'c5'],
      ['s1', 'r'],
    ] as const)
      await publish(id, cause);
    await publish('c1', 'r');
    const { journey } = await get('r');
    expect(journey.children.map(({ eventId, depth }) => `${depth} ${eventId}`)).toEqual([
      '1 c1',
      '2 c2',
      '3 c3',
      '4 c4',
      '5 c5',
      '1 s1',
    ]);
    expect(journey.hasMoreChildren).toBe(true);
    expect((await get('c2')).journey.parent).toMatchObject({ eventId: 'c1', type: 'OBJECT_CREATED' });
    expect((await get('c2')).journey.hasMoreChildren).toBe(false);
  });

  it('ends where events caused each other in a circle', async () => {
    await publish('circle-a', 'circle-b');
    await publish('circle-b', 'circle-a');
    expect((await get('circle-a')).journey.children.map(({ eventId }) => eventId)).toEqual(['circle-b']);
  });

  it('takes what services know where outcomes were lost', async () => {
    await publish('untold');
    answers['/operations/events/untold'] = {
      ...nothing,
      outbox: [
        {
          state: 'sent',
          topic: 't',
          createdAt: '2026-01-06T10:00:00Z',
          sentAt: null,
          traceId: null,
          causationId: null,
          correlationId: null,
        },
      ],
      processed: [{ group: GROUP, source: 'OBJECT_SERVICE', processedAt: '2026-01-06T10:00:01Z' }],
    };
    const { journey } = await get('untold');
    expect(journey.groups).toMatchObject([{ group: GROUP, state: 'handled', processedAt: '2026-01-06T10:00:01Z', steps: [] }]);
    expect(journey.outbox).toMatchObject([{ service: 'storage.metadata', state: 'sent' }]);
    expect(journey.services).toMatchObject([{ service: 'storage.metadata' }]);
  });

  it.each([
    ['dead-lettered', [{ ...summary }], []],
    ['replayed', [{ ...summary, state: 'replayed' }], []],
    ['discarded', [{ ...summary, state: 'discarded' }], []],
    ['handled', [{ ...summary, state: 'resolved' }], []],
    ['parked', [], [{ group: GROUP, topic: 't', key: 'o-1', position: 4, attempts: 0, nextAttemptAt: null }]],
  ])('is %s when its service says so, although it is recorded as processed', async (state, deadLetters, parked) => {
    const processed = [{ group: GROUP, source: 'OBJECT_SERVICE', processedAt: '2026-01-06T10:00:01Z' }];
    answers[`/operations/events/state-${state}`] = { ...nothing, processed, deadLetters, parked };
    expect((await get(`state-${state}`)).journey.groups[0]?.state).toBe(state);
  });

  it('tells who decided about a dead letter', async () => {
    const decisions = [{ at: '2026-01-06T10:00:02Z', operator: 'mia', action: 'replay', detail: null }];
    answers['/operations/events/decided'] = { ...nothing, deadLetters: [summary] };
    answers['/operations/dead-letters/d-1'] = { ...summary, decisions };
    expect((await get('decided')).journey.groups[0]?.deadLetters).toEqual([{ ...summary, decisions }]);
  });

  it('takes an event that a dead letter was edited into for its child', async () => {
    const decisions = [
      { at: '2026-01-06T10:00:02Z', operator: 'mia', action: 'dead-letter.edit', detail: { newEventId: 'new-1' } },
    ];
    answers['/operations/events/edited'] = { ...nothing, deadLetters: [{ ...summary, state: 'edited' }] };
    answers['/operations/dead-letters/d-1'] = { ...summary, decisions };
    const { journey } = await get('edited');
    expect(journey.children).toMatchObject([{ eventId: 'new-1', type: 'OBJECT_CREATED', topic: null, depth: 1 }]);
    expect(journey).toMatchObject({ type: 'OBJECT_CREATED', source: 'OBJECT_SERVICE' });
  });

  it('of an event that nobody knows is 404', async () => {
    expect((await get('unknown')).status).toBe(404);
  });

  it.each([
    ['', 401],
    ['wrong', 401],
  ])('asks for the operations token (%j)', async (token, status) => {
    expect((await get('plain', token)).status).toBe(status);
  });
});

describe('a service that does not answer', () => {
  it('is named, and the rest is told', async () => {
    await publish('half-known');
    const told = await tellJourney(options(), 'half-known');
    expect(told?.publications).toHaveLength(1);
    expect(told).toMatchObject({ silent: [{ service: gone, reason: expect.any(String) }], index: { lag: null } });
  });

  it('may be the one that knows the event: it is not taken for unknown', async () => {
    expect(await tellJourney(options(), 'nobody-said')).toMatchObject({ groups: [], silent: [{ service: gone }] });
  });

  const gone = 'http://127.0.0.1:1';
  const ask = createServiceInquiry({ urls: [gone], token: TOKEN });
  const options = () => ({ database: index.database, ask, lag: () => Promise.reject(new Error('no broker')) });
});
