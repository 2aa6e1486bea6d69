import { setTimeout as delay } from 'node:timers/promises';
import type { OrderLedger } from './order-ledger.ts';
import { orderIdOf } from './order-request.ts';
import type { ProcessedOrders } from './processed-orders.ts';

export interface AwaitOptions {
  readonly run: string;
  readonly ledger: OrderLedger;
  readonly processed: ProcessedOrders;
  /** Given up after so long without getting on, milliseconds. */
  readonly patienceMs: number;
  readonly onProgress: (processed: number, accepted: number) => void;
  readonly signal?: AbortSignal;
}

const LOOK_MS = 500;

/** Follows the list until every accepted order is in it, or nothing has come for `patienceMs`; then reads all of it once more. A list that does not answer is nothing new. */
export async function awaitProcessed(options: AwaitOptions): Promise<void> {
  const { run, ledger, processed, patienceMs, onProgress, signal } = options;
  const accepted = [...ledger.orders()].filter(([, order]) => order.accepted > 0).map(([index]) => orderIdOf(run, index));
  let missing = accepted;
  let newsAtMs = performance.now();
  while (missing.length > 0 && performance.now() - newsAtMs < patienceMs && !signal?.aborted) {
    await processed.readOn().catch(() => undefined);
    const left = missing.filter((orderId) => !processed.byId.has(orderId));
    if (left.length < missing.length) newsAtMs = performance.now();
    missing = left;
    onProgress(accepted.length - missing.length, accepted.length);
    if (missing.length > 0) await delay(LOOK_MS);
  }
  await processed.readAll();
}
