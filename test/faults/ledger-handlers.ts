import { existsSync, readFileSync } from 'node:fs';
import { type Event, EventError } from '@throughline/events';
import type { BatchHandler, EventHandler } from '@throughline/messaging';
import type { Database, Transaction } from '@throughline/postgres';
import type { Entry } from './ledger.ts';

const FAILED_TRIES = 2;

export interface LedgerHandlersOptions {
  readonly group: string;
  readonly database: Database;
  readonly die: () => never;
  readonly outageFile?: string | undefined;
}

/** Write one row for each entry; what is not `good` fails first. */
export function ledgerHandlers(options: LedgerHandlersOptions) {
  const { group } = options;
  const handle: EventHandler<Transaction, Entry> = async (event, { tx }) => {
    askDependency(options);
    await suffer(options, event, tx);
    await writeEffects(tx, group, [event]);
  };
  const handleBatch: BatchHandler<Transaction, Entry> = async (batch, { tx }) => {
    askDependency(options);
    for (const { event } of batch) await suffer(options, event, tx);
    await writeEffects(
      tx,
      group,
      batch.map(({ event }) => event),
    );
  };
  return { handlers: { ENTRY_ADDED: handle }, batchHandlers: { BULK_ENTRY_ADDED: handleBatch } };
}

/** An outage says of itself how it shows: as an error like any other, or as the one that says so. */
function askDependency({ outageFile }: LedgerHandlersOptions): void {
  if (outageFile === undefined || !existsSync(outageFile)) return;
  if (readFileSync(outageFile, 'utf8') === 'error') throw new Error('the dependency answered 503');
  throw new EventError('DEPENDENCY_UNAVAILABLE', 'the dependency is away', { retryable: true });
}

async function writeEffects(tx: Transaction, group: string, events: readonly Event<Entry>[]): Promise<void> {
  await tx.execute(
    `INSERT INTO effects (consumer_group, event_id, account, number)
     SELECT $1, event_id, account, number FROM unnest($2::uuid[], $3::text[], $4::integer[]) WITH ORDINALITY AS e (event_id, account, number, place) ORDER BY place`,
    [group, events.map(({ id }) => id), events.map(({ data }) => data.account), events.map(({ data }) => data.number)],
  );
}

async function suffer(options: LedgerHandlersOptions, { id, data }: Event<Entry>, tx: Transaction): Promise<void> {
  if (data.behaviour === 'good') return;
  if (data.behaviour === 'transient') return failAtFirst(options, id);
  const [medicine] = await tx.query('SELECT 1 FROM medicine WHERE event_id = $1', [id]);
  if (medicine !== undefined) return;
  if (data.behaviour === 'deadly') options.die();
  throw new Error('poison');
}

/** Counted outside of the handler's transaction, which is rolled back. */
async function failAtFirst({ group, database }: LedgerHandlersOptions, eventId: string): Promise<void> {
  const [row] = await database.query<{ tries: number }>(
    'SELECT count(*)::int AS tries FROM tries WHERE consumer_group = $1 AND event_id = $2',
    [group, eventId],
  );
  if ((row?.tries ?? 0) >= FAILED_TRIES) return;
  await database.execute('INSERT INTO tries VALUES ($1, $2)', [group, eventId]);
  throw new EventError('HANDLER_FAILED', 'not yet', { retryable: true });
}
