import { quantile } from '../bench/quantile.ts';
import { isKept, type OrderVerdict } from './judge-orders.ts';
import type { OrderLedger, RequestCounts } from './order-ledger.ts';

/** Requests, their latencies from when they were due, and what became of the orders. */
export interface LoadReport {
  readonly requests: RequestCounts;
  readonly reasons: Readonly<Record<string, number>>;
  readonly acceptP50Ms: number;
  readonly acceptP99Ms: number;
  readonly acceptMaxMs: number;
  readonly orders: OrderVerdict;
}

export function loadReport(ledger: OrderLedger, orders: OrderVerdict): LoadReport {
  const latenciesMs = ledger.latenciesMs();
  return {
    requests: ledger.counts(),
    reasons: ledger.reasons(),
    acceptP50Ms: quantile(latenciesMs, 0.5),
    acceptP99Ms: quantile(latenciesMs, 0.99),
    acceptMaxMs: quantile(latenciesMs, 1),
    orders,
  };
}

const SHOWN_IDS = 10;

/** The report for people, a line each. */
export function reportLines({ requests, reasons, acceptP50Ms, acceptP99Ms, acceptMaxMs, orders }: LoadReport): string[] {
  const said = Object.entries(reasons).map(([reason, count]) => `${reason} × ${count}`);
  const ids = (name: string, list: readonly string[]) => list.slice(0, SHOWN_IDS).map((orderId) => `    ${name} ${orderId}`);
  const unknown = orders.unknownProcessed + orders.unknownNotProcessed;
  return [
    `requests  ${requests.sent} sent: ${requests.accepted} accepted, ${requests.refused} refused, ${requests.unavailable} unavailable, ${requests.unknown} of unknown outcome`,
    ...(said.length === 0 ? [] : [`          ${said.join(', ')}`]),
    `accept    p50 ${ms(acceptP50Ms)}, p99 ${ms(acceptP99Ms)}, max ${ms(acceptMaxMs)}, from the time each was due`,
    `orders    ${orders.accepted} accepted, ${orders.processed} processed, ${orders.duplicates} duplicates processed once, ${orders.lost.length} lost, ${orders.doubled.length} doubled`,
    ...(unknown === 0 ? [] : [`          ${unknown} of unknown outcome, ${orders.unknownProcessed} of them processed`]),
    ...(orders.uninvited.length === 0 ? [] : [`          ${orders.uninvited.length} processed that were certainly not accepted`]),
    ...ids('lost', orders.lost),
    ...ids('doubled', orders.doubled),
    ...ids('not accepted, yet processed', orders.uninvited),
    isKept(orders) ? 'kept      accepted = processed' : 'BROKEN    see above',
  ];
}

function ms(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(1)} ms` : '–';
}
