import type { Transaction } from '../database/database.ts';
import { DEAD_LETTER_ROW, type DeadLetterRow, type DeadLetterState } from './dead-letter-rows.ts';
import type { Decision } from './decision.ts';

/** What becomes of a dead letter that waits. */
export interface Change {
  readonly dlqId: string;
  readonly state: DeadLetterState;
  /** One replay more. (Default: no) */
  readonly isReplay?: boolean;
  /** Refused with so many replays. (Default: any number) */
  readonly maxReplays?: number | undefined;
}

/** Nothing was decided. */
export type Refusal = Exclude<Decision, { outcome: 'decided' }>;

/** Compare-and-set: of two who decide at the same time, the second waits for the first and is refused. */
export async function takeWaiting(tx: Transaction, change: Change): Promise<DeadLetterRow | Refusal> {
  const [row] = await tx.query<DeadLetterRow>(
    `UPDATE dead_letters AS d SET status = $2, replay_count = d.replay_count + $3, resolved_at = CASE WHEN $2 = 'replayed' THEN NULL ELSE now() END
     WHERE d.dlq_id = $1 AND d.status = 'waiting' AND ($4::int IS NULL OR d.replay_count < $4) RETURNING ${DEAD_LETTER_ROW}`,
    [change.dlqId, change.state, change.isReplay ? 1 : 0, change.maxReplays ?? null],
  );
  return row ?? refusal(tx, change.dlqId);
}

export function isRefusal(taken: DeadLetterRow | Refusal): taken is Refusal {
  return 'outcome' in taken;
}

async function refusal(tx: Transaction, dlqId: string): Promise<Refusal> {
  const [row] = await tx.query<{ state: DeadLetterState; replayCount: number }>(
    'SELECT status AS state, replay_count AS "replayCount" FROM dead_letters WHERE dlq_id = $1',
    [dlqId],
  );
  if (row === undefined) return { outcome: 'not-found' };
  return { outcome: 'refused', why: row.state === 'waiting' ? 'replay-cap' : 'state', ...row };
}
