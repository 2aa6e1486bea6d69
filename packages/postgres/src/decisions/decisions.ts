import type { OutcomeSink } from '@throughline/messaging';
import type { Database, Transaction } from '../database/database.ts';
import type { EditedRecord } from '../parking/head-decisions.ts';
import type { Decision } from './decision.ts';
import { discardDeadLetter } from './discard-dead-letter.ts';
import { editDeadLetter } from './edit-dead-letter.ts';
import { replayDeadLetter } from './replay-dead-letter.ts';

export interface Decider {
  /** Who decides; in the audit log. */
  readonly operator: string;
}

export interface DecisionsOptions {
  readonly database: Database;
  /** Called after the commit of what goes through the outbox; wakes the relay. */
  readonly wake?: () => void;
  /** Hears of decisions after their commit. (Default: nobody) */
  readonly outcomes?: OutcomeSink;
  /** Replays of one dead letter, above which one is refused. (Default: 5) */
  readonly maxReplays?: number;
}

/** What a person may decide about a dead letter that waits. Each is one transaction with its line in the audit log; of two at a time one is refused. */
export interface Decisions {
  /**
   * Sends it back to its group alone, with the same identity, through `<group>.replay`; a dead head of a blocked key is tried again in its place.
   * `isCapIgnored`: however often that was done before.
   */
  replay(dlqId: string, by: Decider & { readonly isCapIgnored?: boolean }): Promise<Decision>;
  /** The same in the caller's transaction. */
  replayIn(tx: Transaction, dlqId: string, by: Decider & { readonly isCapIgnored?: boolean }): Promise<Decision>;
  /** Sends the edited record in its stead, which is an event of its own. The original is never handled any more. */
  edit(dlqId: string, by: Decider & { readonly edited: EditedRecord }): Promise<Decision>;
  /** Gives it up: it is never handled, and its key goes on. */
  discard(dlqId: string, by: Decider & { readonly reason: string }): Promise<Decision>;
}

/** Replays of one dead letter unless somebody insists. */
const DEFAULT_MAX_REPLAYS = 5;

/** Decisions about the dead letters in a service's own database. */
export function createDecisions(options: DecisionsOptions): Decisions {
  const { database, wake = () => {}, outcomes, maxReplays = DEFAULT_MAX_REPLAYS } = options;
  const after = { wake, outcomes };
  const replayIn: Decisions['replayIn'] = (tx, dlqId, { operator, isCapIgnored = false }) =>
    replayDeadLetter(tx, { ...after, dlqId, operator, maxReplays: isCapIgnored ? undefined : maxReplays });
  return {
    replayIn,
    replay: (dlqId, by) => database.transaction((tx) => replayIn(tx, dlqId, by)),
    edit: (dlqId, by) => database.transaction((tx) => editDeadLetter(tx, { ...after, dlqId, ...by })),
    discard: (dlqId, by) => database.transaction((tx) => discardDeadLetter(tx, { ...after, dlqId, ...by })),
  };
}
