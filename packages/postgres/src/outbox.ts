import { EventError } from '@throughline/events';
import type { Outbox, OutboxMessage } from '@throughline/messaging';
import type { Transaction } from './database.ts';
import { toStoredHeaders } from './header-json.ts';
import { insertOutboxRows, type OutboxRow } from './insert-outbox-rows.ts';

export interface OutboxOptions {
  /** Called after the commit of a transaction that inserted; wakes the relay. */
  readonly wake: () => void;
  /** Key, value and headers of one record together; at most what the topics' `max.message.bytes` lets through. (Default: 1 000 000) */
  readonly maxRecordBytes?: number;
}

/** The transactional outbox: rows of a transaction keep the order of their insertion. */
export function createOutbox(options: OutboxOptions): Outbox<Transaction> {
  const maxRecordBytes = options.maxRecordBytes ?? 1_000_000;
  return {
    insert: async (tx, messages) => {
      const rows = messages.map((message) => toRow(message, maxRecordBytes));
      if (rows.length === 0) return;
      await insertOutboxRows(tx, rows);
      tx.afterCommit(options.wake);
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
