import { EventError } from '@throughline/events';
import type { Outbox, OutboxMessage } from '@throughline/messaging';
import type { Transaction } from '../database/database.ts';
import { toStoredHeaders } from './header-json.ts';
import { insertOutboxRows, type OutboxRow, outboxStatementPart, type StatementPart } from './insert-outbox-rows.ts';
import { shardOf } from './shard.ts';

export interface OutboxOptions {
  /** Called after the commit of a transaction that inserted, with the shards of its rows where they are known; wakes the relay. */
  readonly wake: (shards?: readonly number[]) => void;
  /** Key, value and headers of one record together; at most what the topics' `max.message.bytes` lets through. (Default: 1 000 000) */
  readonly maxRecordBytes?: number;
}

export interface PostgresOutbox extends Outbox<Transaction> {
  /**
   * The insertion of a message as a part of a statement of the caller's own: once for each row of `from`, with parameters from `firstParameter` on. The same
   * place gives the same text, so the statement can be prepared. What `from` reads must have locked the aggregate, or order is lost; call `wake` after the commit.
   * @throws {EventError} `RECORD_TOO_LARGE`
   */
  statementPart(message: OutboxMessage, place: { firstParameter: number; from: string }): StatementPart;
  /** There is something new to relay. Never throws. */
  wake(): void;
}

/** The transactional outbox: rows of a transaction keep the order of their insertion. */
export function createOutbox(options: OutboxOptions): PostgresOutbox {
  const maxRecordBytes = options.maxRecordBytes ?? 1_000_000;
  return {
    statementPart: (message, place) => outboxStatementPart(toRow(message, maxRecordBytes), place),
    wake: options.wake,
    insert: async (tx, messages) => {
      const rows = messages.map((message) => toRow(message, maxRecordBytes));
      if (rows.length === 0 || tx.isPublishingSuppressed === true) return;
      await insertOutboxRows(tx, rows);
      tx.afterCommit(() => options.wake(rows.map(({ aggregateType, aggregateId }) => shardOf(aggregateType, aggregateId))));
    },
  };
}

function toRow(message: OutboxMessage, maxRecordBytes: number): OutboxRow {
  const bytes = recordBytes(message);
  if (bytes > maxRecordBytes) {
    throw new EventError(
      'RECORD_TOO_LARGE',
      `Event ${message.id} (${message.type}) makes a record of ${bytes} bytes; the limit is ${maxRecordBytes}.`,
    );
  }
  return {
    id: message.id,
    aggregateType: message.aggregateType,
    aggregateId: message.aggregateId,
    type: message.type,
    payload: message.payload,
    headers: toStoredHeaders(message.headers),
    topic: message.topic,
    recordKey: message.key === null ? null : Buffer.from(message.key, 'utf8'),
  };
}

function recordBytes(message: OutboxMessage): number {
  const headers = Object.entries(message.headers).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  return message.payload.length + Buffer.byteLength(message.key ?? '') + headers;
}
