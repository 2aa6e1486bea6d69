import type { EventOutcomeName, OutcomeSink } from '@throughline/messaging';
import type { Transaction } from '../database/database.ts';
import type { DeadLetterRow } from './dead-letter-rows.ts';

/** Who hears of a decision once it is committed. */
export interface AfterDecision {
  readonly wake: () => void;
  readonly outcomes: OutcomeSink | undefined;
}

/** Wakes the relay and tells the outcome after the commit. */
export function tellAfterCommit(
  tx: Transaction,
  { wake, outcomes }: AfterDecision,
  decided: { readonly letter: DeadLetterRow; readonly outcome: EventOutcomeName; readonly detail: string },
): void {
  const { letter, outcome, detail } = decided;
  tx.afterCommit(wake);
  tx.afterCommit(() =>
    outcomes?.tell({
      group: letter.group,
      topic: letter.originalTopic,
      partition: letter.originalPartition,
      atMs: Date.now(),
      durationMs: 0,
      events: [{ eventId: letter.eventId, source: letter.source, outcome, attempt: letter.attempts, detail }],
    }),
  );
}
