import type { DeadLetter, DedupKey, Inbox } from '@throughline/messaging';
import type { Database, Transaction } from '../database/database.ts';
import { storableKeyPart } from './storable.ts';
import { storeDeadLetter } from './store-dead-letter.ts';

export interface InboxOptions {
  readonly database: Database;
  /** Called after the commit of a dead letter; wakes the relay, which carries it to `<group>.dlq`. */
  readonly wake?: () => void;
}

/**
 * What a service's groups have handled, in the service's own database.
 * A second delivery of an event whose first is still in its transaction waits for the end of that one, or fails as retryable after the lock timeout.
 */
export function createInbox(options: InboxOptions): Inbox<Transaction> {
  const { database, wake } = options;
  return {
    handleOnce: (key, work) =>
      database.transaction(async (tx) => {
        if (!(await recordAsProcessed(tx, key))) return 'duplicate';
        await work(tx);
        return 'handled';
      }),
    isHandled: (key) => isProcessed(database, key),
    countAttempt: (key) => countAttempt(database, key),
    uncountAttempt: (key) => uncountAttempt(database, key),
    deadLetter: (letter) =>
      database.transaction(async (tx) => {
        await storeDeadLetter(tx, letter);
        await forgetAttempts(tx, letter);
        if (wake !== undefined) tx.afterCommit(wake);
      }),
  };
}

async function recordAsProcessed(tx: Transaction, key: DedupKey): Promise<boolean> {
  const rows = await tx.execute(
    'INSERT INTO processed_events (consumer_group, source, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    partsOf(key),
    { name: 'inbox_record' },
  );
  return rows === 1;
}

/** In a statement of its own, so that it stays counted when the handler's transaction, or the process, comes to an end. */
async function countAttempt(database: Database, key: DedupKey): Promise<number> {
  const [row] = await database.query<{ attempts: number }>(
    `INSERT INTO handling_attempts (consumer_group, source, event_id, attempts) VALUES ($1, $2, $3, 1)
     ON CONFLICT (consumer_group, source, event_id) DO UPDATE SET attempts = handling_attempts.attempts + 1, last_attempt_at = now()
     RETURNING attempts`,
    partsOf(key),
  );
  return row?.attempts ?? 1;
}

/** The attempt was not the event's fault. */
async function uncountAttempt(database: Database, key: DedupKey): Promise<void> {
  await database.execute(
    `UPDATE handling_attempts SET attempts = attempts - 1 WHERE consumer_group = $1 AND source = $2 AND event_id = $3 AND attempts > 0`,
    partsOf(key),
  );
}

async function isProcessed(database: Database, key: DedupKey): Promise<boolean> {
  const rows = await database.query(
    'SELECT 1 FROM processed_events WHERE consumer_group = $1 AND source = $2 AND event_id = $3',
    partsOf(key),
    { name: 'inbox_is_processed' },
  );
  return rows.length > 0;
}

/** A replay of the dead letter starts with a count of none. */
async function forgetAttempts(tx: Transaction, { group, source, eventId }: DeadLetter): Promise<void> {
  await tx.execute(
    'DELETE FROM handling_attempts WHERE consumer_group = $1 AND source = $2 AND event_id = $3',
    partsOf({ group, source, id: eventId }),
  );
}

function partsOf({ group, source, id }: DedupKey): string[] {
  return [group, source, id].map(storableKeyPart);
}
