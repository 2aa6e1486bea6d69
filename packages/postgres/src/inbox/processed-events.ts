import type { DedupKey } from '@throughline/messaging';
import type { Queryable } from '../database/database.ts';
import { storableKeyPart } from './storable.ts';

/** Groups, sources and ids of keys, as text[]: the parameters of statements about many. */
export type KeyColumns = readonly [groups: string, sources: string, ids: string];

export function columnsOf(keys: readonly DedupKey[]): KeyColumns {
  return [
    textArray(keys.map(({ group }) => storableKeyPart(group))),
    textArray(keys.map(({ source }) => storableKeyPart(source))),
    textArray(keys.map(({ id }) => storableKeyPart(id))),
  ];
}

const ESCAPED = /["\\]/;

/** As pg writes arrays, without looking at each text several times. */
function textArray(texts: readonly string[]): string {
  const isPlain = !ESCAPED.test(texts.join(''));
  return `{"${(isPlain ? texts : texts.map((text) => text.replaceAll(/["\\]/g, '\\$&'))).join('","')}"}`;
}

interface KeyRow {
  readonly consumer_group: string;
  readonly source: string;
  readonly event_id: string;
}

// In one order everywhere: of two members with the same events the one waits for the other, never both.
const RECORD = `
  INSERT INTO processed_events (consumer_group, source, event_id)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS given (consumer_group, source, event_id)
  ORDER BY consumer_group COLLATE "C", source COLLATE "C", event_id COLLATE "C"
  ON CONFLICT DO NOTHING`;

// Nearly every chunk: two arrays less to write, to parse and to sort by.
const RECORD_OF_ONE_SOURCE = `
  INSERT INTO processed_events (consumer_group, source, event_id)
  SELECT $1::text, $2::text, event_id FROM unnest($3::text[]) AS given (event_id) ORDER BY event_id COLLATE "C"
  ON CONFLICT DO NOTHING`;

/** Records events as processed; which of them were not before, in the order of the keys. Waits for transactions that are recording one of them. */
export async function recordProcessed(tx: Queryable, keys: readonly DedupKey[]): Promise<readonly boolean[]> {
  const recorded = await record(tx, keys);
  if (recorded === 0 || recorded === keys.length) return keys.map(() => recorded > 0);
  return isAmong(keys, await tx.query<KeyRow>(SELECT_OWN, columnsOf(keys)));
}

function record(tx: Queryable, keys: readonly DedupKey[]): Promise<number> {
  const [first] = keys;
  if (first === undefined || !keys.every(({ group, source }) => group === first.group && source === first.source))
    return tx.execute(RECORD, columnsOf(keys), { name: 'inbox_record' });
  const ids = textArray(keys.map(({ id }) => storableKeyPart(id)));
  const parameters = [storableKeyPart(first.group), storableKeyPart(first.source), ids];
  return tx.execute(RECORD_OF_ONE_SOURCE, parameters, { name: 'inbox_record_of_one_source' });
}

// Never prepared: a plan from when the table was small would read all of it.
const SELECT = `
  SELECT consumer_group, source, event_id FROM processed_events
  JOIN unnest($1::text[], $2::text[], $3::text[]) AS given (consumer_group, source, event_id) USING (consumer_group, source, event_id)`;

// To have every row told by the INSERT costs more than to insert it, and is needed only where some were there already.
const SELECT_OWN = `${SELECT} WHERE processed_events.xmin = pg_current_xact_id()::xid`;

export async function areProcessed(database: Queryable, keys: readonly DedupKey[]): Promise<readonly boolean[]> {
  return isAmong(keys, await database.query<KeyRow>(SELECT, columnsOf(keys)));
}

/** What could not be taken after all is unknown again. */
export async function forgetProcessed(tx: Queryable, keys: readonly DedupKey[]): Promise<void> {
  await tx.execute(
    `DELETE FROM processed_events USING unnest($1::text[], $2::text[], $3::text[]) AS given (consumer_group, source, event_id)
     WHERE processed_events.consumer_group = given.consumer_group AND processed_events.source = given.source AND processed_events.event_id = given.event_id`,
    columnsOf(keys),
  );
}

function isAmong(keys: readonly DedupKey[], rows: readonly KeyRow[]): readonly boolean[] {
  const names = new Set(rows.map((row) => nameOf(row.consumer_group, row.source, row.event_id)));
  return keys.map(({ group, source, id }) =>
    names.has(nameOf(storableKeyPart(group), storableKeyPart(source), storableKeyPart(id))),
  );
}

/** NUL stands in no part: Postgres could not hold it. */
function nameOf(...parts: readonly string[]): string {
  return parts.join('\0');
}
