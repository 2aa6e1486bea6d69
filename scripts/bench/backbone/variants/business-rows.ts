import type { BatchHandler, EventHandler } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';

interface BenchData {
  readonly objectId: string;
}

const UPSERT = `INSERT INTO balances (key, amount, updated_at) VALUES ($1, 1, now())
  ON CONFLICT (key) DO UPDATE SET amount = balances.amount + 1, updated_at = now()`;

const UPSERT_MANY = `INSERT INTO balances (key, amount, updated_at)
  SELECT key, amount, now() FROM unnest($1::text[], $2::bigint[]) AS given (key, amount)
  ON CONFLICT (key) DO UPDATE SET amount = balances.amount + excluded.amount, updated_at = now()`;

/** One statement an event; counts what was committed. */
export function balanceHandler(onCommitted: (events: number) => void): EventHandler<Transaction, BenchData> {
  return async ({ data }, { tx }) => {
    await tx.execute(UPSERT, [data.objectId], { name: 'bench-balance' });
    tx.afterCommit(() => onCommitted(1));
  };
}

/** One statement a batch; counts what was committed. */
export function balanceBatchHandler(onCommitted: (events: number) => void): BatchHandler<Transaction, BenchData> {
  return async (batch, { tx }) => {
    const amounts = new Map<string, number>();
    for (const { event } of batch) amounts.set(event.data.objectId, (amounts.get(event.data.objectId) ?? 0) + 1);
    await tx.execute(UPSERT_MANY, [[...amounts.keys()], [...amounts.values()]], { name: 'bench-balances' });
    tx.afterCommit(() => onCommitted(batch.length));
  };
}
