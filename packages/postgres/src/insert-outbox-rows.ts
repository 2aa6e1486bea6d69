import type { Queryable } from './database.ts';
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

const COLUMNS = 9;
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
  return `INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, headers, topic, record_key, shard) VALUES ${values.join(', ')}`;
}
