import { readOrder } from './read-order.ts';

const event = {
  id: '9b1deb4d-3b7d-5bad-9bdd-2b0d7b3dcb6d',
  source: 'order-intake',
  type: 'OrderCreated',
  time: '2025-01-01T12:00:00Z',
  ownerId: 'ann',
};

describe('an order that an event tells of', () => {
  it('is what the seed’s event says, with what it leaves out', () => {
    expect(readOrder({ ...event, data: { orderId: '123', amount: 100 } })).toEqual({
      ownerId: 'ann',
      orderId: '123',
      requestId: null,
      eventId: event.id,
      amount: 100,
      currency: 'EUR',
      items: null,
      acceptedAt: '2025-01-01T12:00:00Z',
    });
  });

  it('is all that a full event says', () => {
    const said = {
      orderId: '123',
      amount: 0.3,
      currency: 'CHF',
      items: [{ sku: 'a', quantity: 1, unitPrice: 0.3 }],
      requestId: '7d444840-9dc0-51d1-b245-5ffdce74fad2',
      acceptedAt: '2025-01-01T11:59:59Z',
    };
    expect(readOrder({ ...event, data: said })).toEqual({ ownerId: 'ann', eventId: event.id, ...said });
  });

  it.each([0.01, 1e9, 1.1, 4.35, 999_999_999.99])('takes the amount %d', (amount) => {
    expect(readOrder({ ...event, data: { orderId: '1', amount } }).amount).toBe(amount);
  });

  it.each([
    ['names no owner', { ...event, ownerId: undefined }, 1],
    ['has more than two decimals', event, 1.005],
    ['has more than two decimals', event, 1e-9],
  ])('is refused as a broken contract: %s', (reason, { ownerId, ...rest }, amount) => {
    const read = () => readOrder({ ...rest, ...(ownerId !== undefined && { ownerId }), data: { orderId: '1', amount } });
    expect(read).toThrow(expect.objectContaining({ code: 'CONTRACT_VIOLATED', message: expect.stringContaining(reason) }));
  });
});
