import type { InboxEntry, ParkedFailure, ParkedHead, ParkingLot } from '@throughline/messaging';
import { type EntryFacts, inboxEntry } from './inbox-entries.ts';
import { testPrefix } from './test-prefix.ts';

/** Entries of one new group. */
export function entriesOfGroup(group = testPrefix('group')): { group: string; entry: (facts?: EntryFacts) => InboxEntry } {
  return { group, entry: (facts) => inboxEntry({ group, key: 'k', ...facts }) };
}

/** Due at once, unless said otherwise. */
export function parkedFailure(changes: Partial<ParkedFailure> = {}): ParkedFailure {
  return { attempts: 1, firstFailedAtMs: 1_000, lastError: 'Error: no good', nextAttemptAtMs: Date.now() - 1, ...changes };
}

export async function takeOne<Tx>(lot: ParkingLot<Tx>, group: string): Promise<ParkedHead> {
  const [head, ...others] = await lot.takeDue(group, { limit: 10, leaseMs: 10_000 });
  if (head === undefined || others.length > 0) throw new Error(`expected one due head, got ${head ? others.length + 1 : 0}`);
  return head;
}
