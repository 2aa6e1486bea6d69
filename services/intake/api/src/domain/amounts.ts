import type { OrderItem } from './order.ts';

/** Whether the number is one that at most two decimals can say: up to 10^9 the nearest binary fraction of such a number is found again from its hundredths. */
export function hasCentsAtMost(amount: number): boolean {
  return Math.round(amount * 100) / 100 === amount;
}

/** Half a cent, and what sums of binary fractions may be off. */
const TOLERANCE = 0.005 + 1e-6;

/** What the items come to, where that is known and is not the amount, to the cent. */
export function differingSum(amount: number, items: readonly OrderItem[]): number | undefined {
  let sum = 0;
  for (const { quantity, unitPrice } of items) {
    if (unitPrice === undefined) return undefined;
    sum += quantity * unitPrice;
  }
  return items.length === 0 || Math.abs(sum - amount) <= TOLERANCE ? undefined : sum;
}
