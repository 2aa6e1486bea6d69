import type { Queryable } from '../database/database.ts';
import type { StoredHeaders } from './header-json.ts';
import { shardOf } from './shard.ts';

export interface OutboxRow {
  readonly id: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly type: string;
  readonly payload: Buffer | null;
  readonly headers: StoredHeaders;
  readonly topic: string;
  readonly recordKey: Buffer | null;
}

/** A part of a statement, with what its parameters stand for. */
export interface StatementPart {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

const NAMES = 'id, aggregatetype, aggregateid, type, payload, headers, topic, record_key, shard';
const TYPES = ['uuid', 'text', 'text', 'text', 'bytea', 'jsonb', 'text', 'bytea', 'smallint'] as const;
const COLUMNS = TYPES.length;
/** Postgres takes 65,535 parameters a statement. */
const ROWS_PER_STATEMENT = 1_000;
const SINGLE_ROW = insertStatement(1);

/** Inserts in the given order: `seq` rises along the list. */
export async function insertOutboxRows(tx: Queryable, rows: readonly OutboxRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const chunk = rows.slice(start, start + ROWS_PER_STATEMENT);
    const parameters = chunk.flatMap(parametersOf);
    if (chunk.length === 1) await tx.execute(SINGLE_ROW, parameters, { name: 'outbox_insert' });
    else await tx.execute(insertStatement(chunk.length), parameters);
  }
}

/** Inserts one row for each row of `from` in the caller's statement, whose parameters it takes from `firstParameter` on. */
export function outboxStatementPart(row: OutboxRow, place: { firstParameter: number; from: string }): StatementPart {
  const places = TYPES.map((type, index) => `$${place.firstParameter + index}::${type}`);
  return { sql: `INSERT INTO outbox (${NAMES}) SELECT ${places.join(', ')} FROM ${place.from}`, parameters: parametersOf(row) };
}

function parametersOf(row: OutboxRow): unknown[] {
  const shard = shardOf(row.aggregateType, row.aggregateId);
  return [
    row.id,
    row.aggregateType,
    row.aggregateId,
    row.type,
    row.payload,
    JSON.stringify(row.headers),
    row.topic,
    row.recordKey,
    shard,
  ];
}

function insertStatement(rows: number): string {
  const values = Array.from({ length: rows }, (_, row) => {
    const places = Array.from({ length: COLUMNS }, (_, column) => `$${row * COLUMNS + column + 1}`);
    return `(${places.join(', ')})`;
  });
  return `INSERT INTO outbox (${NAMES}) VALUES ${values.join(', ')}`;
}
