import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFaultProxy, type FaultProxy, stackAddresses, testPrefix, waitFor } from '@throughline/testing';
import { createPortFinder } from '../../../../scripts/stack/ports.ts';
import { type Stack, startStack } from '../../../../scripts/stack/start-stack.ts';
import { type IntakeApi, type Reply, startIntakeApi } from '../test/start-intake-api.ts';

// A broker of its own: it has to tell its clients the address of the proxy.

const DEADLINE_MS = 2_000;
const MAX_IN_FLIGHT = 5;

let dataDir: string;
let proxy: FaultProxy;
let kafka: Stack;
let api: IntakeApi;
const accepted = new Map<string, string>();

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'intake-broker-'));
  const port = await createPortFinder()([]);
  proxy = await createFaultProxy({ host: '127.0.0.1', port });
  kafka = await startStack({
    dataDir,
    names: ['kafka'],
    ports: { kafka: port, kafkaController: 0 },
    advertisedKafkaPort: proxy.port,
    given: {},
    progress: () => undefined,
  });
  api = await startIntakeApi({
    kafkaBrokers: [`127.0.0.1:${proxy.port}`],
    redisUrl: stackAddresses().redisUrl,
    prefix: testPrefix('intake'),
    deadlineMs: DEADLINE_MS,
    maxInFlight: MAX_IN_FLIGHT,
  });
}, 120_000);

afterAll(async () => {
  proxy?.heal();
  await api?.close();
  await kafka?.stop();
  await proxy?.close();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

async function place(orderId: string): Promise<Reply> {
  const reply = await api.place({ orderId, amount: 1 });
  if (reply.status === 200) accepted.set(orderId, reply.body.eventId);
  return reply;
}

const placeUntilAccepted = (orderId: string) =>
  waitFor(
    async () => {
      const reply = await place(orderId);
      return reply.status === 200 && reply;
    },
    { description: `${orderId} to be accepted`, timeoutMs: 30_000, intervalMs: 50 },
  );

it('answers 503 within the deadline while the broker is silent, 503 at once to what is too much, and accepts again afterwards', async () => {
  await placeUntilAccepted('before');
  proxy.hold();
  const startedAtMs = performance.now();
  const waiting = Array.from({ length: MAX_IN_FLIGHT }, (_, index) => place(`held-${index}`));
  await waitFor(async () => (await api.metrics.registry.metrics()).match(/http_server_active_requests\{[^}]*\} 5/), {
    description: 'the orders to be under way',
  });
  const surplus = await Promise.all([place('surplus-0'), place('surplus-1')]);
  expect(performance.now() - startedAtMs).toBeLessThan(DEADLINE_MS);
  for (const { status, body, headers } of surplus) {
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'overloaded' });
    expect(headers.get('retry-after')).toBe('1');
    expect(headers.get('x-event-id')).toBeNull();
  }
  const failed = await Promise.all(waiting);
  expect(performance.now() - startedAtMs).toBeLessThan(DEADLINE_MS + 5_000);
  for (const { status, body, headers } of failed) {
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'publish_failed' });
    expect(headers.get('retry-after')).toBe('2');
    expect(headers.get('x-event-id')).toMatch(/^[0-9a-f-]{36}$/);
    const told = api.logLines.filter(({ event_id, msg }) => event_id === headers.get('x-event-id') && msg.startsWith('Whether'));
    expect(told).toHaveLength(1);
  }
  proxy.heal();
  const again = await placeUntilAccepted('held-0');
  expect(again.body.eventId).toBe(failed[0]?.headers.get('x-event-id'));
}, 60_000);

it('does not call accepted what the broker did not acknowledge', async () => {
  proxy.loseAnswers();
  const lost = await place('unanswered');
  expect(lost).toMatchObject({ status: 503, body: { code: 'publish_failed' } });
  proxy.heal();
  const again = await placeUntilAccepted('unanswered');
  expect(again.body.eventId).toBe(lost.headers.get('x-event-id'));
}, 60_000);

it('loses nothing it accepted while connections break', async () => {
  for (let wave = 0; wave < 20; wave += 1) {
    const placing = Array.from({ length: MAX_IN_FLIGHT }, (_, index) => place(`wave-${wave}-${index}`));
    if (wave % 4 === 2) proxy.cut();
    for (const { status } of await Promise.all(placing)) expect([200, 503]).toContain(status);
  }
  await placeUntilAccepted('after');
  const inTopic = new Set((await api.published()).map(({ eventId }) => eventId));
  const missing = [...accepted].filter(([, eventId]) => !inTopic.has(eventId));
  expect(missing).toEqual([]);
  expect(accepted.size).toBeGreaterThan(30);
  expect([...accepted.keys()].filter((orderId) => orderId.startsWith('surplus'))).toEqual([]);
}, 60_000);
