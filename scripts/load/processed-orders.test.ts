import type { IntakeClient, ListedOrder } from '../intake-client/intake-client.ts';
import { createProcessedOrders } from './processed-orders.ts';

/** A list whose cursor is the number of orders in front of it; each page holds two. */
function fakeClient() {
  const listed: string[] = [];
  const starts: (string | undefined)[] = [];
  const client: Pick<IntakeClient, 'listProcessed'> = {
    listProcessed: async ({ after }) => {
      starts.push(after);
      const from = Number(after ?? 0);
      const items = listed.slice(from, from + 2).map((orderId) => ({ orderId }) as ListedOrder);
      return { items, next: listed.length > from + 2 ? String(from + 2) : null };
    },
  };
  return { listed, starts, client: client as IntakeClient };
}

describe('createProcessedOrders', () => {
  it('reads on where the last page was, which may have grown', async () => {
    const { listed, starts, client } = fakeClient();
    const processed = createProcessedOrders([client]);
    listed.push('a', 'b', 'c');
    await processed.readOn();
    expect([...processed.byId.keys()]).toEqual(['a', 'b', 'c']);
    listed.push('d', 'e');
    await processed.readOn();
    expect([...processed.byId.keys()]).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(starts).toEqual([undefined, '2', '2', '4']);
  });

  it('sees what changed behind the cursor by reading all, of every user', async () => {
    const one = fakeClient();
    const two = fakeClient();
    const processed = createProcessedOrders([one.client, two.client]);
    one.listed.push('b', 'c', 'd');
    await processed.readOn();
    one.listed[0] = 'a';
    two.listed.push('z');
    await processed.readOn();
    expect(processed.byId.has('a')).toBe(false);
    await processed.readAll();
    expect([...processed.byId.keys()].toSorted()).toEqual(['a', 'b', 'c', 'd', 'z']);
  });
});
