import type { EventPublisher } from '@throughline/messaging';
import type { Database, Transaction } from '@throughline/postgres';

/** What becomes of the handler of an entry: it succeeds, fails twice, fails until its medicine is given, or kills its process until then. */
export type Behaviour = 'good' | 'transient' | 'poison' | 'deadly';

export const ENTRY_TYPES = ['ENTRY_ADDED', 'BULK_ENTRY_ADDED'] as const;
export type EntryType = (typeof ENTRY_TYPES)[number];

/** Data of both events: the first is handled one by one, the second in batches. */
export interface Entry {
  readonly payloadType: EntryType;
  /** The key. */
  readonly account: string;
  /** Counts the entries of the account without a gap: what is lost, doubled or overtaken shows. */
  readonly number: number;
  readonly behaviour: Behaviour;
}

export interface NewEntry {
  readonly type: EntryType;
  readonly account: string;
  readonly behaviour: Behaviour;
}

export const SOURCE = 'LEDGER_SERVICE';
const OWNER = '3f0c2f5e-6f0e-4c39-9d0a-0f6c8e4f7a11';

/** Nothing here is unique that a double effect would run into: the checker counts. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS accounts (account text PRIMARY KEY, entries integer NOT NULL);
  CREATE TABLE IF NOT EXISTS published (event_id uuid NOT NULL, account text NOT NULL, number integer NOT NULL, behaviour text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE IF NOT EXISTS effects (
    position bigint GENERATED ALWAYS AS IDENTITY, consumer_group text NOT NULL, event_id uuid NOT NULL, account text NOT NULL, number integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(), transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    worker text NOT NULL DEFAULT current_setting('application_name')
  );
  CREATE INDEX IF NOT EXISTS effects_by_event ON effects (consumer_group, event_id);
  CREATE TABLE IF NOT EXISTS tries (consumer_group text NOT NULL, event_id uuid NOT NULL);
  CREATE INDEX IF NOT EXISTS tries_by_event ON tries (event_id, consumer_group);
  CREATE TABLE IF NOT EXISTS medicine (event_id uuid PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS edits (event_id uuid NOT NULL, original_id uuid NOT NULL);`;

export async function createLedgerTables(database: Database): Promise<void> {
  for (const statement of TABLES.split(';').filter((text) => text.trim() !== '')) await database.execute(statement);
}

/** State change and events in the caller's transaction. The account's row is locked, so the numbers are in the order of the outbox. */
export async function addEntries(
  tx: Transaction,
  publisher: EventPublisher<Transaction>,
  entries: readonly NewEntry[],
): Promise<void> {
  // In one order everywhere, so that two writers never lock each other out.
  for (const { type, account, behaviour } of entries.toSorted((a, b) => (a.account < b.account ? -1 : 1))) {
    const [row] = await tx.query<{ entries: number }>(
      `INSERT INTO accounts VALUES ($1, 1) ON CONFLICT (account) DO UPDATE SET entries = accounts.entries + 1 RETURNING entries`,
      [account],
    );
    const data: Entry = { payloadType: type, account, number: row?.entries ?? 0, behaviour };
    const event = await publisher.publish(tx, { type, key: account, ownerId: OWNER, data });
    await tx.execute('INSERT INTO published VALUES ($1, $2, $3, $4)', [event.id, account, data.number, behaviour]);
  }
}

/** From now on the handlers of these events succeed. */
export async function giveMedicine(database: Database, eventIds: readonly string[]): Promise<void> {
  await database.execute('INSERT INTO medicine SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING', [[...eventIds]]);
}
