import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Queryable } from '@throughline/postgres';

/** What tells the story of an event, without payloads. */
const QUERIES: Readonly<Record<string, string>> = {
  published: 'SELECT * FROM published ORDER BY account, number',
  effects: 'SELECT * FROM effects ORDER BY position',
  edits: 'SELECT * FROM edits',
  tries: 'SELECT consumer_group, event_id, count(*)::int AS tries FROM tries GROUP BY 1, 2',
  processed: 'SELECT * FROM processed_events ORDER BY processed_at',
  outbox: 'SELECT seq, id, aggregateid, topic, status, attempts, created_at, sent_at FROM outbox ORDER BY seq',
  'dead-letters':
    'SELECT dlq_id, consumer_group, event_id, reason, original_partition, original_offset, attempts, status, replay_count, created_at, first_failed_at, last_failed_at, resolved_at FROM dead_letters',
  parked:
    'SELECT consumer_group, event_id, position, parked_at, original_partition, original_offset FROM parked_events ORDER BY position',
  audit: 'SELECT * FROM audit_log ORDER BY seq',
};

/** Writes the tables of a run beside the logs, one JSON line a row: the database goes with the run. */
export async function saveTables(database: Queryable, folder: string): Promise<void> {
  for (const [name, query] of Object.entries(QUERIES)) {
    const rows = await database.query<Record<string, unknown>>(query);
    await writeFile(join(folder, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
}
