import { Problem } from '@throughline/http';
import { type Slots, SlotsExhausted } from '../adapters/slots.ts';

/** Runs work that hashes a password. @throws {Problem} 503 `busy` when too many wait already. */
export async function inSlot<Result>(slots: Slots, work: () => Promise<Result>): Promise<Result> {
  try {
    return await slots.run(work);
  } catch (error) {
    if (!(error instanceof SlotsExhausted)) throw error;
    throw new Problem({
      kind: 'unavailable',
      code: 'busy',
      detail: 'Too many passwords are being checked at the moment; try again.',
      headers: { 'retry-after': '1' },
    });
  }
}
