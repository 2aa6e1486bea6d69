import type { ListedOrder } from '../intake-client/intake-client.ts';
import { awaitProcessed } from './await-processed.ts';
import { createOrderLedger } from './order-ledger.ts';
import { orderIdOf } from './order-request.ts';
import type { ProcessedOrders } from './processed-orders.ts';

/** Finds what each look is given, or fails where it is given nothing. */
function fakeProcessed(looks: readonly (readonly number[] | undefined)[]) {
  const byId = new Map<string, ListedOrder>();
  const calls: string[] = [];
  const processed: ProcessedOrders = {
    byId,
    readOn: async () => {
      const found = looks[calls.length];
      calls.push('on');
      if (calls.length <= looks.length && found === undefined) throw new Error('the list is away');
      for (const index of found ?? []) byId.set(orderIdOf('run', index), {} as ListedOrder);
    },
    readAll: async () => {
      calls.push('all');
    },
  };
  return { processed, calls };
}

async function follow(looks: readonly (readonly number[] | undefined)[], patienceMs: number) {
  const ledger = createOrderLedger();
  for (const index of [0, 1, 2]) ledger.record(index, { kind: 'accepted', eventId: `event-${index}` }, 1);
  ledger.record(3, { kind: 'unknown', reason: 'timeout' }, 1);
  const { processed, calls } = fakeProcessed(looks);
  const seen: string[] = [];
  const onProgress = (done: number, all: number) => seen.push(`${done}/${all}`);
  await awaitProcessed({ run: 'run', ledger, processed, patienceMs, onProgress });
  return { calls, seen };
}

describe('awaitProcessed', () => {
  it('follows until every accepted order is there, an unavailable list between, and then reads all again', async () => {
    const { calls, seen } = await follow([[0], undefined, [1, 2]], 10_000);
    expect(seen).toEqual(['1/3', '1/3', '3/3']);
    expect(calls).toEqual(['on', 'on', 'on', 'all']);
  });

  it('gives up when nothing comes for as long as it is patient', async () => {
    const { calls, seen } = await follow([[0, 2]], 200);
    expect(seen[0]).toBe('2/3');
    expect(seen.every((text) => text === '2/3')).toBe(true);
    expect(calls.at(-1)).toBe('all');
  });
});
