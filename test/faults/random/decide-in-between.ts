import { setTimeout as delay } from 'node:timers/promises';
import { decide } from '../decide.ts';
import { giveMedicine } from '../ledger.ts';
import type { LedgerService } from '../ledger-service.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';

export interface DecisionCounts {
  replayed: number;
  edited: number;
  discarded: number;
}

interface WaitingLetter {
  readonly dlqId: string;
  readonly eventId: string;
}

const PAUSE_MS = 1_000;
const LETTERS_AT_ONCE = 20;
/** Most are replayed. */
const DECISIONS: readonly (keyof DecisionCounts)[] = [...Array<'replayed'>(8).fill('replayed'), 'edited', 'discarded'];

/** Somebody who looks at dead letters, as long as the signal says: most are cured and replayed, some edited, some discarded. */
export async function decideInBetween(
  service: LedgerService,
  { seed, signal }: { readonly seed: number; readonly signal: AbortSignal },
): Promise<DecisionCounts> {
  const counts: DecisionCounts = { replayed: 0, edited: 0, discarded: 0 };
  const random = createSeededRandom(seed);
  while (!signal.aborted) {
    // A decision that a fault fell into is made again, as a person would.
    await decideAboutSome(service, random, counts).catch(() => undefined);
    await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
  return counts;
}

/** Decides about what waits. @returns how many there were */
export async function decideAboutSome(service: LedgerService, random: SeededRandom, counts: DecisionCounts): Promise<number> {
  const letters = await service.database.query<WaitingLetter>(
    `SELECT dlq_id AS "dlqId", event_id AS "eventId" FROM dead_letters WHERE status = 'waiting' ORDER BY seq LIMIT ${LETTERS_AT_ONCE}`,
  );
  for (const letter of letters) await decideOne(service, letter, random, counts);
  return letters.length;
}

async function decideOne(
  service: LedgerService,
  { dlqId, eventId }: WaitingLetter,
  random: SeededRandom,
  counts: DecisionCounts,
): Promise<void> {
  const decision = random.pick(DECISIONS);
  if (decision === 'discarded') {
    await service.decisions.discard(dlqId, { operator: 'fault-suite', reason: 'no longer wanted' });
  } else {
    if (decision === 'replayed') await giveMedicine(service.database, [eventId]);
    await decide(service, { kind: decision === 'replayed' ? 'replay' : 'edit', dlqId });
  }
  counts[decision] += 1;
}
