import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { waitFor } from '@throughline/testing';
import { createIntakeBed, type IntakeBed } from '../test/intake-bed.ts';
import { startWorkerProcess, type WorkerProcess } from '../test/worker-process.ts';

let bed: IntakeBed;
let worker: WorkerProcess;

beforeAll(async () => {
  bed = await createIntakeBed();
  worker = await bed.startWorker();
  await worker.ready();
}, 60_000);
afterAll(() => bed?.close());

const orderOf = (orderId: string, as?: string) => bed.get(worker, `/intake/orders/${orderId}`, as);

it('makes the topic that it reads as the one declares it whose it is', async () => {
  expect(await bed.partitionCount()).toBe(12);
});

it('handles an order once, however often its event comes', async () => {
  const items = [{ sku: 'tea', quantity: 2, unitPrice: 5 }];
  const said = { orderId: 'once', eventId: randomUUID(), items, requestId: randomUUID(), acceptedAt: '2026-01-06T10:00:00Z' };
  expect((await orderOf('once')).status).toBe(404);
  await bed.publish(said, said, said, { orderId: 'after' });
  await bed.handled('once');
  await bed.handled('after');
  await bed.publish(said, { orderId: 'once-more' });
  await bed.handled('once-more');
  expect(await orderOf('once')).toEqual({
    status: 200,
    body: {
      orderId: 'once',
      eventId: said.eventId,
      status: 'PROCESSED',
      amount: 10,
      currency: 'EUR',
      items,
      acceptedAt: '2026-01-06T10:00:00.000Z',
      processedAt: expect.any(String),
      attempts: 1,
      timesProcessed: 1,
      conflicts: [],
    },
  });
});

it('keeps the first of two that say different things, and shows the other', async () => {
  const [first, second] = await bed.publish({ orderId: 'twice', amount: 1 }, { orderId: 'twice', amount: 2, currency: 'USD' });
  const { body } = await waitFor(
    async () => {
      const answer = await orderOf('twice');
      return answer.status === 200 && answer.body.conflicts.length === 1 && answer;
    },
    { description: 'the conflict' },
  );
  expect(body).toMatchObject({
    eventId: first?.id,
    amount: 1,
    timesProcessed: 1,
    conflicts: [{ eventId: second?.id, amount: 2, currency: 'USD', seenAt: expect.any(String) }],
  });
});

it('shows nobody an order of somebody else, and what cannot be an id to nobody', async () => {
  await bed.publish({ orderId: 'private' });
  await bed.handled('private');
  const answers = [
    await orderOf('private', randomUUID()),
    await orderOf('nothing'),
    await orderOf('a%00b'),
    await orderOf('a%2Fb'),
  ];
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [404, 'order_not_found']));
});

it('lists one’s own, page by page', async () => {
  const ownerId = randomUUID();
  const published = await bed.publish(...Array.from({ length: 5 }, () => ({ ownerId })));
  for (const { data } of published) await bed.handled(data.orderId);
  await waitFor(async () => (await bed.get(worker, '/intake/processed-orders', ownerId)).body.items.length === 5, {
    description: 'writers elsewhere in the cluster to end',
  });
  const found: string[] = [];
  let after = '';
  do {
    const { body } = await bed.get(worker, `/intake/processed-orders?limit=2${after}`, ownerId);
    expect(body.items.length).toBeLessThanOrEqual(2);
    found.push(...body.items.map(({ orderId }: { orderId: string }) => orderId));
    after = body.next === null ? '' : `&after=${body.next}`;
  } while (after !== '');
  expect(found.toSorted()).toEqual(published.map(({ data }) => data.orderId).toSorted());
  const strange = await bed.get(worker, `/intake/processed-orders?after=${Buffer.from('["1","x"]').toString('base64url')}`);
  expect([strange.status, strange.body.errors]).toEqual([
    422,
    [{ field: 'query/after', message: 'is not a cursor of this list' }],
  ]);
});

it('takes the seed’s event from whoever writes it, and refuses what breaks its contract or belongs to nobody', async () => {
  const example = JSON.parse(
    await readFile(new URL('../../../../contracts/order-intake/OrderCreated.v1.example.json', import.meta.url), 'utf8'),
  );
  const bare = { ...example, eventId: randomUUID(), payload: { ...example.payload, orderId: 'from-the-seed' } };
  const ownerId = randomUUID();
  const noOwner = { ...bare, ownerId: undefined, eventId: randomUUID() };
  const cents = { ...bare, ownerId, eventId: randomUUID(), payload: { orderId: 'parts', amount: 1.005 } };
  const broken = { ...bare, ownerId, eventId: randomUUID(), payload: { orderId: 'none', amount: -1 } };
  for (const envelope of [noOwner, cents, broken, { ...bare, ownerId }])
    await bed.publishBytes(Buffer.from(JSON.stringify(envelope)));
  await bed.handled('from-the-seed');
  expect((await orderOf('from-the-seed', ownerId)).body).toMatchObject({ eventId: bare.eventId, amount: bare.payload.amount });
  const list = `/operations/dead-letters?group=${bed.group}`;
  const letters = await waitFor(
    async () => {
      const { body } = await bed.operate(worker, 'GET', list);
      return body.items.length === 3 && body.items;
    },
    { description: 'three dead letters' },
  );
  const facts = letters.map(({ eventId, reason, attempts }: Record<string, unknown>) => ({ eventId, reason, attempts }));
  const expected = [noOwner, cents, broken].map(({ eventId }) => ({ eventId, reason: 'contract', attempts: 1 }));
  expect(facts).toEqual(expect.arrayContaining(expected));
});

it('stops on SIGTERM with exit code 0', async () => {
  worker.process.kill('SIGTERM');
  const [code] = await once(worker.process, 'exit');
  expect(code).toBe(0);
});

it('names every variable that is missing', async () => {
  const child = await startWorkerProcess({});
  expect(await child.exited).toBe(1);
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'KAFKA_BROKERS', 'AUTH_ISSUER', 'AUTH_JWKS_URL'])
    expect(child.output()).toContain(`${name} is missing`);
});

it.each([
  [{ HANDLER_TIMEOUT_MS: '5000', VISIBILITY_TIMEOUT_MS: '4000' }, /HANDLER_TIMEOUT_MS \(5000\).*VISIBILITY_TIMEOUT_MS \(4000\)/],
  [{ MAX_RECEIVE_COUNT: '20' }, /MAX_RECEIVE_COUNT \(20\), RETRY_BACKOFF_MS \(1000\) and RETRY_BACKOFF_FACTOR \(4\)/],
  [
    { PROCESSED_RETENTION_MS: '604800000' },
    /processedRetentionMs \(604800000\) must be at least retentionMs of .* \(604800000\) and the 85000 ms of retries/,
  ],
])('does not start with %j, and names both settings', async (settings, refusal) => {
  const refused = await bed.startWorker(settings);
  expect(await refused.exited).toBe(1);
  expect(refused.output()).toMatch(refusal);
});
