import type { ListedOrder } from '../intake-client/intake-client.ts';
import { isKept, judgeOrders } from './judge-orders.ts';
import { createOrderLedger } from './order-ledger.ts';
import type { OrderOutcome } from './order-outcome.ts';
import { orderIdOf } from './order-request.ts';

const accepted = (eventId: string): OrderOutcome => ({ kind: 'accepted', eventId });
const unknown: OrderOutcome = { kind: 'unknown', reason: 'timeout' };
const refused: OrderOutcome = { kind: 'refused', reason: '429' };

function processed(eventId: string, overrides: Partial<ListedOrder> = {}): ListedOrder {
  return {
    ...{ orderId: '', eventId, status: 'PROCESSED', amount: 1, currency: 'EUR', acceptedAt: '', processedAt: '' },
    ...{ attempts: 1, timesProcessed: 1, ...overrides },
  };
}

function judge(outcomes: readonly (readonly OrderOutcome[])[], found: readonly (ListedOrder | undefined)[]) {
  const ledger = createOrderLedger();
  for (const [index, all] of outcomes.entries()) for (const outcome of all) ledger.record(index, outcome, 1);
  const byId = new Map(found.flatMap((order, index) => (order === undefined ? [] : [[orderIdOf('run', index), order] as const])));
  return judgeOrders('run', ledger.orders(), byId);
}

const NOTHING = { accepted: 0, processed: 0, duplicates: 0, unknownProcessed: 0, unknownNotProcessed: 0 };
const INTACT = { ...NOTHING, lost: [], doubled: [], uninvited: [] };

describe('judgeOrders', () => {
  it('finds nothing wrong where each accepted order is processed once', () => {
    const verdict = judge([[accepted('a')], [accepted('b'), accepted('b')], [refused]], [processed('a'), processed('b')]);
    expect(verdict).toEqual({ ...INTACT, accepted: 2, processed: 2, duplicates: 1 });
    expect(isKept(verdict)).toBe(true);
  });

  it('lets an order of unknown outcome be processed or not, once', () => {
    expect(judge([[unknown], [unknown, refused]], [processed('a')])).toEqual({
      ...INTACT,
      unknownProcessed: 1,
      unknownNotProcessed: 1,
    });
    expect(judge([[unknown]], [processed('a', { timesProcessed: 2 })]).doubled).toEqual(['run-0']);
  });

  it('counts an order as accepted that was accepted by any answer', () => {
    expect(judge([[unknown, accepted('a')]], [processed('a')])).toEqual({ ...INTACT, accepted: 1, processed: 1 });
    expect(judge([[refused, accepted('a')]], [undefined])).toEqual({ ...INTACT, accepted: 1, lost: ['run-0'] });
  });

  it.each([
    ['processed twice', [accepted('a')], processed('a', { timesProcessed: 2 })],
    ['processed under another event', [accepted('a')], processed('b')],
    ['answered with two events', [accepted('a'), accepted('b')], processed('a')],
  ])('calls an order doubled that was %s', (_, outcomes, found) => {
    const verdict = judge([outcomes], [found]);
    expect(verdict).toMatchObject({ doubled: ['run-0'], duplicates: 0 });
    expect(isKept(verdict)).toBe(false);
  });

  it('names an order that was processed although no answer left that open', () => {
    const verdict = judge([[refused]], [processed('a')]);
    expect(verdict).toEqual({ ...INTACT, uninvited: ['run-0'] });
    expect(isKept(verdict)).toBe(false);
  });
});
