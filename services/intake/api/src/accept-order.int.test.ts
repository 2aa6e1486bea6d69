import { METRICS } from '@throughline/telemetry';
import { stackAddresses, testPrefix } from '@throughline/testing';
import { type IntakeApi, SOMEBODY, startIntakeApi } from '../test/start-intake-api.ts';

const OTHER = 'b2cf8d1a-3c33-4f12-956e-576a8a17d871';

let api: IntakeApi;

beforeAll(async () => {
  const { kafkaBrokers, redisUrl } = stackAddresses();
  api = await startIntakeApi({ kafkaBrokers, redisUrl, prefix: testPrefix('intake') });
}, 60_000);
afterAll(() => api.close());

const order = (orderId: string) => ({ orderId, amount: 100, items: [{ sku: 'lamp', quantity: 2, unitPrice: 50 }] });
const eventsOf = async (orderId: string) =>
  (await api.published()).filter(({ payload }) => (payload as { orderId: string }).orderId === orderId);

describe('an order', () => {
  it('is answered with its event, which is in the topic then', async () => {
    const { status, body, headers } = await api.place({ ...order('one'), currency: 'USD' });
    expect({ status, body }).toEqual({ status: 200, body: { eventId: expect.any(String), orderId: 'one' } });
    expect(headers.get('x-event-id')).toBe(body.eventId);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(await eventsOf('one')).toEqual([
      {
        eventType: 'OrderCreated',
        eventVersion: 1,
        eventId: body.eventId,
        timestamp: time,
        ownerId: SOMEBODY,
        payload: { ...order('one'), currency: 'USD', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), acceptedAt: time },
      },
    ]);
  });

  it('is in the log under its event', async () => {
    const { body } = await api.place(order('logged'));
    const lines = api.logLines.filter(({ event_id }) => event_id === body.eventId).map(({ msg }) => msg);
    expect(lines).toEqual(['Accepted order logged', 'POST /intake/orders answered 200']);
  });

  it('may leave its id to us, and is in euros unless it says otherwise', async () => {
    const { status, body } = await api.place({ amount: 0.01 });
    expect(status).toBe(200);
    expect(await eventsOf(body.orderId)).toMatchObject([{ payload: { requestId: body.orderId, currency: 'EUR', amount: 0.01 } }]);
  });

  it('that is sent again is the same event', async () => {
    const first = await api.place(order('again'));
    const second = await api.place(order('again'));
    expect(second.body).toEqual(first.body);
    const byKey = { headers: { 'idempotency-key': '"key-1"' } };
    const third = await api.place({ amount: 5 }, byKey);
    const fourth = await api.place({ amount: 5.0 }, { headers: { 'idempotency-key': 'key-1' } });
    expect(fourth.body).toEqual(third.body);
  });

  it('with another body under the same id or key is another event, for the worker to see', async () => {
    const first = await api.place(order('changed'));
    const second = await api.place({ ...order('changed'), currency: 'CHF' });
    expect(second).toMatchObject({ status: 200, body: { orderId: 'changed' } });
    expect(second.body.eventId).not.toBe(first.body.eventId);
    expect(await eventsOf('changed')).toHaveLength(2);
    const third = await api.place({ amount: 5 }, { headers: { 'idempotency-key': 'key-2' } });
    const fourth = await api.place({ amount: 6 }, { headers: { 'idempotency-key': 'key-2' } });
    expect(fourth.body.orderId).toBe(third.body.orderId);
    expect(fourth.body.eventId).not.toBe(third.body.eventId);
  });

  it('is its client’s own', async () => {
    const first = await api.place(order('mine'));
    const second = await api.place(order('mine'), { as: OTHER });
    expect(second.body.eventId).not.toBe(first.body.eventId);
  });

  it('takes what is just within the limits', async () => {
    const items = Array.from({ length: 100 }, () => ({ sku: 'é'.repeat(64), quantity: 1_000_000 }));
    const { status } = await api.place({ orderId: 'A-z.0_'.padEnd(128, '9'), amount: 1_000_000_000, currency: 'JPY', items });
    expect(status).toBe(200);
  });
});

describe('a refused order', () => {
  it.each([
    ['orderId', { orderId: '' }],
    ['orderId', { orderId: 'x'.repeat(129) }],
    ['orderId', { orderId: 'a/b' }],
    ['orderId', { orderId: 7 }],
    ['orderId', { orderId: '.' }],
    ['orderId', { orderId: '..' }],
    ['amount', { amount: undefined }],
    ['amount', { amount: 0 }],
    ['amount', { amount: -1 }],
    ['amount', { amount: 1_000_000_000.01 }],
    ['amount', { amount: 0.001 }],
    ['amount', { amount: '100' }],
    ['amount', { amount: null }],
    ['amount', { amount: 100.01 }],
    ['currency', { currency: 'EURO' }],
    ['currency', { currency: 'eur' }],
    ['currency', { currency: 'ABC' }],
    ['currency', { currency: 'DEM' }],
    ['items', { items: {} }],
    ['items', { items: Array.from({ length: 101 }, () => ({ sku: 'lamp', quantity: 1 })) }],
    ['items/0/sku', { items: [{ quantity: 1 }] }],
    ['items/0/sku', { items: [{ sku: '', quantity: 1 }] }],
    ['items/0/sku', { items: [{ sku: 'x'.repeat(65), quantity: 1 }] }],
    ['items/0/sku', { items: [{ sku: 'a\u0000b', quantity: 1 }] }],
    ['items/0/quantity', { items: [{ sku: 'lamp' }] }],
    ['items/0/quantity', { items: [{ sku: 'lamp', quantity: 0 }] }],
    ['items/0/quantity', { items: [{ sku: 'lamp', quantity: 1.5 }] }],
    ['items/0/quantity', { items: [{ sku: 'lamp', quantity: 1_000_001 }] }],
    ['items/0/unitPrice', { items: [{ sku: 'lamp', quantity: 1, unitPrice: -1 }] }],
    ['items/0/colour', { items: [{ sku: 'lamp', quantity: 1, colour: 'red' }] }],
    ['amount', { amount: 1e308 }],
    ['amount', { amount: 0.005 }],
    ['amount', { amount: 'NaN' }],
    ['items/0/sku', { items: [{ sku: 'a\ud800', quantity: 1 }] }],
    ['items/0/sku', { items: [{ sku: [[[[]]]], quantity: 1 }] }],
    ['customer', { customer: 'me' }],
  ])('names %s: %j', async (field, change) => {
    const { status, body } = await api.place({ ...order('refused'), ...change });
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'validation_failed' });
    expect(body.errors.map((error: { field: string }) => error.field)).toEqual([`body/${field}`]);
  });

  it('is 422 without a body, and 400 when it is no JSON', async () => {
    expect(await api.place('{"amount":')).toMatchObject({ status: 400, body: { code: 'body_malformed' } });
    expect(await api.place('{"amount":1e999}')).toMatchObject({ status: 422, body: { errors: [{ field: 'body/amount' }] } });
    expect(await api.place('[]')).toMatchObject({ status: 422 });
  });

  it('is 400 for an Idempotency-Key that is none', async () => {
    const { status, body } = await api.place(order('refused'), { headers: { 'idempotency-key': '"open' } });
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'idempotency_key_invalid' });
  });

  it('is 401 without a token, 403 without the scope or for a subject that is no user', async () => {
    expect(await api.place(order('refused'), { as: null })).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    const reader = `${SOMEBODY}~orders.read`;
    expect(await api.place(order('refused'), { as: reader })).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    const robot = await api.place(order('refused'), { as: 'robot' });
    expect(robot).toMatchObject({ status: 403, body: { code: 'subject_unsupported' } });
  });

  it('leaves nothing in the topic', async () => {
    expect(await eventsOf('refused')).toEqual([]);
  });
});

it('counts requests by status and records by topic', async () => {
  await api.place(order('counted'));
  await api.place({});
  const text = await api.metrics.registry.metrics();
  expect(text).toMatch(
    /http_server_request_duration_seconds_count\{[^}]*http_route="\/intake\/orders",http_response_status_code="422"[^}]*\} \d/,
  );
  expect(text).toMatch(
    new RegExp(`${METRICS.messagingClientSentMessagesTotal.name}\\{[^}]*${api.topic}[^}]*error_type=""[^}]*\\} \\d`),
  );
});
