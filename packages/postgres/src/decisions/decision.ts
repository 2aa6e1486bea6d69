import type { DeadLetterRow, DeadLetterState } from './dead-letter-rows.ts';

/** `refused`: somebody decided already or it was handled meanwhile (`state`), or it was sent back as often as allowed (`replay-cap`). */
export type Decision =
  | { readonly outcome: 'decided'; readonly state: DeadLetterState; readonly letter: DeadLetterRow }
  | {
      readonly outcome: 'refused';
      readonly why: 'state' | 'replay-cap';
      readonly state: DeadLetterState;
      readonly replayCount: number;
    }
  | { readonly outcome: 'not-found' };
