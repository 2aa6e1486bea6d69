import { randomUUID } from 'node:crypto';
import { createDatabase, type Database, migrate, type Queryable, type Transaction } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase, waitFor } from '@throughline/testing';
import type { NewOrder } from '../domain/order.ts';
import { findOrder, listOrders } from './order-query.ts';
import { recordOrder } from './record-order.ts';

const logger = createLogger({ name: 'intake-test', level: 'fatal' });
let home: TestDatabase;
let database: Database;
let ownerId: string;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'intake-test', logger });
  await migrate({ database, directory: new URL('../../migrations/', import.meta.url), logger });
});
afterAll(async () => {
  await database.close();
  await home.drop();
});
beforeEach(() => {
  ownerId = randomUUID();
});

function orderOf(changes: Partial<NewOrder> = {}): NewOrder {
  const eventId = randomUUID();
  const said = { orderId: eventId, requestId: randomUUID(), amount: 12.34, currency: 'EUR', items: null };
  return { ownerId, eventId, ...said, acceptedAt: '2026-01-06T10:00:00Z', ...changes };
}

const record = (order: NewOrder, attempt = 1) => recordOrder(database, { order, attempt });
const find = (orderId: string) => findOrder(database, { ownerId, orderId });
const list = async (after?: { stamp: string; seq: string }, limit = 100) => listOrders(database, { ownerId, limit, after });

/** Whoever writes elsewhere in the cluster keeps orders out of the list until the end of the transaction. */
const untilListed = (count: number) =>
  waitFor(
    async () => {
      const found = await list();
      return found.length === count && found;
    },
    { description: `${count} orders` },
  );

describe('an order', () => {
  it('is written down with all that is said of it', async () => {
    const items = [{ sku: 'a “b”', quantity: 2, unitPrice: 6.17 }];
    const order = orderOf({ orderId: 'A.1', items, currency: 'CHF' });
    expect(await record(order, 3)).toBe('recorded');
    expect(await find('A.1')).toEqual({
      orderId: 'A.1',
      eventId: order.eventId,
      amount: 12.34,
      currency: 'CHF',
      items,
      acceptedAt: new Date('2026-01-06T10:00:00Z'),
      processedAt: expect.any(Date),
      attempts: 3,
      timesProcessed: 1,
      conflicts: [],
    });
  });

  it.each([0.01, 1e9, 999_999_999.99, 4.35])('keeps the amount %d to the cent', async (amount) => {
    const order = orderOf({ amount });
    await record(order);
    expect((await find(order.orderId))?.amount).toBe(amount);
  });

  it('counts the same event again, which only a broken guarantee brings', async () => {
    const order = orderOf();
    expect([await record(order), await record(order)]).toEqual(['recorded', 'repeated']);
    expect(await find(order.orderId)).toMatchObject({ timesProcessed: 2, conflicts: [] });
  });

  it('does not count as handled when the one that was in its way is gone a moment later', async () => {
    const order = orderOf();
    await record(order);
    const vanishing: Queryable = {
      ...database,
      execute: async (...call) => {
        const inserted = await database.execute(...call);
        await database.execute('DELETE FROM orders WHERE owner_id = $1', [ownerId]);
        return inserted;
      },
    };
    const other = orderOf({ orderId: order.orderId });
    await expect(recordOrder(vanishing, { order: other, attempt: 1 })).rejects.toMatchObject({
      code: 'TRANSACTION_CONFLICT',
      retryable: true,
    });
    expect(await record(other)).toBe('recorded');
  });

  it.each([
    ['order', {}],
    ['request', { orderId: 'another' }],
  ])('stands when another event of the same %s says something else, which is kept beside it', async (what, changed) => {
    const order = orderOf();
    const shared = what === 'order' ? { orderId: order.orderId } : { requestId: order.requestId };
    const other = orderOf({ amount: 1, currency: 'USD', ...shared, ...changed });
    expect([await record(order), await record(other), await record(other)]).toEqual(['recorded', 'conflicting', 'conflicting']);
    expect(await find(order.orderId)).toMatchObject({
      amount: 12.34,
      timesProcessed: 1,
      conflicts: [{ eventId: other.eventId, amount: 1, currency: 'USD', seenAt: expect.any(Date) }],
    });
    expect(await find('another')).toBeUndefined();
  });

  it('is each owner’s own, also without a request', async () => {
    const order = orderOf({ requestId: null });
    const another = { ...orderOf({ orderId: order.orderId, requestId: null }), ownerId: randomUUID() };
    expect([await record(order), await record(another), await record(orderOf({ requestId: null }))]).toEqual(
      Array.from({ length: 3 }, () => 'recorded'),
    );
  });

  it('sees the first event’s order when it had to wait for the end of its transaction', async () => {
    const [first, second] = [orderOf({ orderId: 'raced' }), orderOf({ orderId: 'raced', amount: 2 })];
    let waiting: Promise<string> | undefined;
    await database.transaction(async (tx) => {
      await recordOrder(tx, { order: first, attempt: 1 });
      waiting = record(second);
      const locks = () =>
        database.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1`, [home.name]);
      await waitFor(async () => (await locks()).length > 0, { description: 'the second to wait', intervalMs: 5 });
    });
    expect(await waiting).toBe('conflicting');
    expect(await find('raced')).toMatchObject({ eventId: first.eventId, conflicts: [{ eventId: second.eventId }] });
  });
});

describe('the list of orders', () => {
  it('goes on from its last place', async () => {
    const orders = [orderOf(), orderOf(), orderOf()];
    for (const order of orders) await record(order);
    await untilListed(3);
    const first = await list(undefined, 2);
    const rest = await list(first.at(-1), 2);
    expect([...first, ...rest].map(({ orderId }) => orderId)).toEqual(orders.map(({ orderId }) => orderId));
  });

  it('is ordered by numbers, not by how they are written', async () => {
    const [ninth, tenth, hundredth] = [orderOf(), orderOf(), orderOf()];
    for (const [order, stamp] of [
      [hundredth, '100'],
      [ninth, '9'],
      [tenth, '10'],
    ] as const) {
      await record(order);
      await database.execute('UPDATE orders SET stamp = $2::text::xid8 WHERE owner_id = $1 AND order_id = $3', [
        ownerId,
        stamp,
        order.orderId,
      ]);
    }
    const found: string[] = [];
    for (let page = await list(undefined, 1); page[0] !== undefined; page = await list(page[0], 1)) found.push(page[0].orderId);
    expect(found).toEqual([ninth, tenth, hundredth].map(({ orderId }) => orderId));
  });

  it('ends below what is still being written, so that a reader who goes on misses nothing', async () => {
    const [late, early] = [orderOf(), orderOf()];
    let whileOpen: readonly unknown[] = [];
    await database.transaction(async (tx: Transaction) => {
      await recordOrder(tx, { order: late, attempt: 1 });
      await record(early);
      whileOpen = await list();
    });
    expect(whileOpen).toEqual([]);
    const after = await untilListed(2);
    expect(after.map(({ orderId }) => orderId)).toEqual([late.orderId, early.orderId]);
  });
});
