import type { Transaction } from '../database/database.ts';
import { storableKeyPart } from '../inbox/storable.ts';
import type { DeadLetterRow } from './dead-letter-rows.ts';
import type { Refusal } from './take-waiting.ts';

/**
 * Records the event as processed: as of now the decision answers for it, and no late delivery or rewind may bring it to a handler after all.
 * False: it was recorded already, as handled or as parked.
 */
export async function retireOriginal(tx: Transaction, { group, source, eventId }: DeadLetterRow): Promise<boolean> {
  const recorded = await tx.execute(
    'INSERT INTO processed_events (consumer_group, source, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [group, source, eventId].map(storableKeyPart),
  );
  return recorded === 1;
}

/** A rewind, a side replay or a late delivery brought the event to its handler while the dead letter waited: nothing is left to decide, and its effect must not come twice. */
export async function resolveHandled(tx: Transaction, { dlqId, replayCount }: DeadLetterRow): Promise<Refusal> {
  await tx.execute(`UPDATE dead_letters SET status = 'resolved' WHERE dlq_id = $1`, [dlqId]);
  return { outcome: 'refused', why: 'state', state: 'resolved', replayCount };
}
