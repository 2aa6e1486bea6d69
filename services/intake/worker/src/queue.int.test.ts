import { waitFor } from '@throughline/testing';
import { createIntakeBed, type IntakeBed } from '../test/intake-bed.ts';
import { refuseOrder, whileOrderWaits } from '../test/order-triggers.ts';
import type { WorkerProcess } from '../test/worker-process.ts';

let bed: IntakeBed;

beforeAll(async () => {
  bed = await createIntakeBed();
}, 30_000);
afterEach(() => bed.stopWorkers(), 30_000);
afterAll(() => bed?.close());

interface Letter {
  readonly dlqId: string;
  readonly attempts: number;
  readonly reason: string;
  readonly state: string;
  readonly replayCount: number;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
}

async function lettersOf(worker: WorkerProcess, eventId: string): Promise<readonly Letter[]> {
  const { body } = await bed.operate(worker, 'GET', `/operations/dead-letters?state=all&eventId=${eventId}`);
  return body.items;
}

const letterOf = (worker: WorkerProcess, eventId: string) =>
  waitFor(async () => (await lettersOf(worker, eventId)).find(({ state }) => state === 'waiting'), {
    description: 'the dead letter',
    timeoutMs: 20_000,
  });

/** When each try failed, as the worker told it, milliseconds since the epoch. */
const failuresOf = (worker: WorkerProcess, eventId: string) =>
  worker.lines
    .filter((line) => line.event_id === eventId && (line.delay !== undefined || line.msg.includes('is a dead letter')))
    .map(({ time }) => Date.parse(time));

describe('an order that the database refuses', () => {
  it('is begun as often as it may be received, after growing delays, holds up nobody, and is handled when it is sent back', async () => {
    const worker = await bed.startWorker({ MAX_RECEIVE_COUNT: '4', RETRY_BACKOFF_MS: '300', RETRY_BACKOFF_FACTOR: '3' });
    await worker.ready();
    const refusal = await refuseOrder(bed.database, 'poison');
    const others = Array.from({ length: 200 }, (_, index) => ({ orderId: `beside-${index}` }));
    const events = await bed.publish(...others.slice(0, 100), { orderId: 'poison' }, ...others.slice(100));
    const { id } = events[100] ?? { id: '' };
    await waitFor(
      async () => (await bed.database.query(`SELECT 1 FROM orders WHERE order_id LIKE 'beside-%'`)).length === others.length,
      { description: 'the others' },
    );
    const letter = await letterOf(worker, id);
    expect(letter).toMatchObject({ attempts: 4, reason: 'attempts', replayCount: 0 });
    expect(await refusal.tries()).toBe(4);
    const failedAtMs = failuresOf(worker, id);
    const delaysMs = failedAtMs.slice(1).map((atMs, index) => atMs - (failedAtMs[index] ?? 0));
    process.stdout.write(
      `tries of the refused order: ${failedAtMs.map((atMs) => new Date(atMs).toISOString()).join(', ')}; apart ${delaysMs.join(', ')} ms\n`,
    );
    expect(worker.lines.flatMap((line) => (line.event_id === id ? (line.delay ?? []) : []))).toEqual([
      '300ms',
      '900ms',
      '2700ms',
    ]);
    expect(delaysMs).toHaveLength(3);
    // Lines are written when the event is in its retry topic; the letter knows when the tries failed.
    expect(Date.parse(letter.lastFailedAt) - Date.parse(letter.firstFailedAt)).toBeGreaterThanOrEqual(300 + 900 + 2_700);

    await refusal.end();
    const answer = await bed.operate(worker, 'POST', `/operations/dead-letters/${letter.dlqId}/replay`);
    expect(answer.status).toBe(200);
    await bed.handled('poison');
    expect((await bed.get(worker, '/intake/orders/poison')).body).toMatchObject({ timesProcessed: 1, attempts: 1 });
    expect(await refusal.tries()).toBe(4);
  }, 60_000);

  it('is sent back by itself, as often as that is allowed, and then waits for a person', async () => {
    const worker = await bed.startWorker({
      MAX_RECEIVE_COUNT: '2',
      RETRY_BACKOFF_MS: '100',
      REDRIVE_INTERVAL_MS: '400',
      REDRIVE_LIMIT: '2',
    });
    await worker.ready();
    const refusal = await refuseOrder(bed.database, 'stubborn');
    const [stubborn] = await bed.publish({ orderId: 'stubborn' });
    const replayedTwice = async (eventId: string) =>
      (await lettersOf(worker, eventId)).some(({ replayCount, state }) => replayCount === 2 && state === 'waiting');
    await waitFor(() => replayedTwice(stubborn?.id ?? ''), { description: 'the last redrive to fail', timeoutMs: 20_000 });
    expect(await refusal.tries()).toBe(2 * 3);

    // That another one is sent back says that there were rounds in which this one was not.
    const second = await refuseOrder(bed.database, 'stubborn_too');
    const [too] = await bed.publish({ orderId: 'stubborn_too' });
    await waitFor(() => replayedTwice(too?.id ?? ''), { description: 'the second to be given up', timeoutMs: 20_000 });
    expect([await refusal.tries(), await second.tries()]).toEqual([6, 6]);
    const audit = await bed.database.query<{ operator: string }>(
      `SELECT operator FROM audit_log JOIN dead_letters ON subject = dlq_id::text WHERE action = 'dead-letter.replay' AND event_id = ANY($1)`,
      [[stubborn?.id, too?.id]],
    );
    expect(audit.map(({ operator }) => operator)).toEqual(['redrive', 'redrive', 'redrive', 'redrive']);
  }, 60_000);
});

it('gives the order of a worker that was killed to another after the visibility timeout, and counts the try', async () => {
  const settings = { VISIBILITY_TIMEOUT_MS: '15000', HANDLER_TIMEOUT_MS: '10000' };
  const first = await bed.startWorker(settings);
  await first.ready();
  const [event] = await whileOrderWaits(bed.database, 'stuck', async (isWaiting) => {
    const events = await bed.publish({ orderId: 'stuck' });
    await waitFor(isWaiting, { description: 'the handler to be at work' });
    await first.stop('SIGKILL');
    return events;
  });
  const killedAtMs = Date.now();
  const second = await bed.startWorker(settings);
  await second.ready();
  await bed.handled('stuck', 40_000);
  const { body } = await bed.get(second, '/intake/orders/stuck');
  expect(body).toMatchObject({ eventId: event?.id, attempts: 2, timesProcessed: 1 });
  // It was killed a moment after it claimed the order.
  expect(Date.parse(body.processedAt) - killedAtMs).toBeGreaterThan(13_000);
}, 90_000);

it('lets nobody wait for an order whose handling takes long', async () => {
  const worker = await bed.startWorker();
  await worker.ready();
  const others = Array.from({ length: 200 }, (_, index) => ({ orderId: `swift-${index}` }));
  const [slow] = await whileOrderWaits(bed.database, 'slow', async (isWaiting) => {
    const events = await bed.publish({ orderId: 'slow' }, ...others);
    await waitFor(isWaiting, { description: 'the handler to be at work' });
    // Less than the 5 s after which the slow one's statement gives its lock up.
    await waitFor(
      async () => (await bed.database.query(`SELECT 1 FROM orders WHERE order_id LIKE 'swift-%'`)).length === others.length,
      { description: 'the others', timeoutMs: 4_500 },
    );
    return events;
  });
  await bed.handled('slow');
  const { body } = await bed.get(worker, '/intake/orders/slow');
  expect(body).toMatchObject({ eventId: slow?.id, attempts: 1, timesProcessed: 1 });
}, 60_000);
