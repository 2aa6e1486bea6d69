import { identifyOrder } from './order-identity.ts';

const owner = 'b2cf8d1a-3c33-4f12-956e-576a8a17d871';
const other = '0c9a2f3b-7d64-5d0e-8a55-3b1f8e2d6c70';
const request = { orderId: '123', amount: 100, items: [{ sku: 'lamp', quantity: 1, unitPrice: 100 }] };

it('is the same for the same request, however its fields are ordered and defaults are written', () => {
  const again = { items: [{ unitPrice: 100, quantity: 1, sku: 'lamp' }], currency: 'EUR', amount: 100.0, orderId: '123' };
  expect(identifyOrder(owner, again, undefined)).toEqual(identifyOrder(owner, request, undefined));
  expect(identifyOrder(owner, again, 'key')).toEqual(identifyOrder(owner, request, 'key'));
});

it('does not change from release to release', () => {
  const { requestId, eventId } = identifyOrder(owner, request, undefined);
  expect({ requestId, eventId }).toEqual({
    requestId: 'ba2112e0-dc3c-5182-9d70-948450f8dda8',
    eventId: '32d4251f-c1c7-5f67-bdad-2b1df919abde',
  });
});

it.each([
  ['amount', { ...request, amount: 101 }],
  ['currency', { ...request, currency: 'USD' }],
  ['items', { orderId: '123', amount: 100 }],
])('is another event of the same request with another %s', (_, changed) => {
  const [first, second] = [identifyOrder(owner, request, 'key'), identifyOrder(owner, changed, 'key')];
  expect(second.requestId).toBe(first.requestId);
  expect(second.eventId).not.toBe(first.eventId);
});

it('is by the key where there is one, and by the orderId where there is none', () => {
  const byKey = identifyOrder(owner, request, 'key');
  expect(identifyOrder(owner, { ...request, orderId: '124' }, 'key').requestId).toBe(byKey.requestId);
  expect(identifyOrder(owner, request, 'other key').requestId).not.toBe(byKey.requestId);
  expect(identifyOrder(owner, request, undefined).requestId).not.toBe(byKey.requestId);
});

it('belongs to its owner', () => {
  expect(identifyOrder(other, request, 'key').requestId).not.toBe(identifyOrder(owner, request, 'key').requestId);
});

it('does not take the key of one order for the id of another', () => {
  expect(identifyOrder(owner, { ...request, orderId: '1' }, '2').requestId).not.toBe(
    identifyOrder(owner, { ...request, orderId: '2' }, undefined).requestId,
  );
});

it('gives an order without an id that of its request: the same for the same key, else a new one', () => {
  const nameless = { amount: 1 };
  const first = identifyOrder(owner, nameless, 'key');
  expect(first.order.orderId).toBe(first.requestId);
  expect(identifyOrder(owner, nameless, 'key')).toEqual(first);
  expect(identifyOrder(owner, nameless, undefined).eventId).not.toBe(identifyOrder(owner, nameless, undefined).eventId);
});
