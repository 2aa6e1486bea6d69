import type { IntakeClient, ListedOrder } from '../intake-client/intake-client.ts';

/** The orders that users find processed, read page by page. */
export interface ProcessedOrders {
  readonly byId: ReadonlyMap<string, ListedOrder>;
  /** Reads what is new since the last call. @throws when the list does not answer */
  readOn(): Promise<void>;
  /** Reads all from the beginning, because what was read may have changed: an order that is processed once more counts it. */
  readAll(): Promise<void>;
}

const PAGE = 1_000;

export function createProcessedOrders(clients: readonly IntakeClient[]): ProcessedOrders {
  const byId = new Map<string, ListedOrder>();
  const cursors = new Map<IntakeClient, string>();
  const readFrom = async (client: IntakeClient, start: string | undefined) => {
    for (let after = start; ; ) {
      const { items, next } = await client.listProcessed({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const order of items) byId.set(order.orderId, order);
      // The last page has no cursor behind it: it is read again next time.
      if (next === null) return;
      after = next;
      cursors.set(client, next);
    }
  };
  return {
    byId,
    readOn: async () => {
      for (const client of clients) await readFrom(client, cursors.get(client));
    },
    readAll: async () => {
      for (const client of clients) await readFrom(client, undefined);
    },
  };
}
