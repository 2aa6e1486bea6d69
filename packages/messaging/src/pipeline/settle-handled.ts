import type { Breaker } from '../breaker/breaker.ts';
import type { ReplayLedger } from '../replay/replay-ledger.ts';
import type { Chunk } from './chunk.ts';
import type { Delivery, Settled } from './delivery.ts';

export interface SettleHandledOptions {
  readonly group: string;
  readonly breaker: Breaker;
  readonly replays?: ReplayLedger | undefined;
}

/**
 * After the commit: the claim store and the dead letters that were sent back are told. When those cannot be, their records keep their places:
 * they come again as duplicates, and it is told then.
 */
export async function settleHandled(
  { group, breaker, replays }: SettleHandledOptions,
  chunk: Chunk,
  { deliveries, ...settled }: Settled & { readonly deliveries: readonly Delivery[] },
): Promise<void> {
  if (deliveries.length === 0) return;
  await chunk.claims.confirm(deliveries);
  if (settled.outcome === 'handled') breaker.succeeded(deliveries.length);
  const sentBack = deliveries.filter(({ replayOf }) => replayOf !== undefined && settled.outcome !== 'parked');
  let untold: ReadonlySet<Delivery> = new Set();
  if (sentBack.length > 0 && replays !== undefined) {
    try {
      await replays.resolve(
        group,
        sentBack.map(({ replayOf }) => replayOf ?? ''),
      );
    } catch (error) {
      chunk.stopped ??= { error };
      untold = new Set(sentBack);
    }
  }
  for (const delivery of deliveries) {
    if (untold.has(delivery)) chunk.leavers.add(delivery);
    else chunk.report.settled(delivery, settled);
  }
}
