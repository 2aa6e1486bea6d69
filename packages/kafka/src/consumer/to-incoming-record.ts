import type { RecordHeaders } from '@throughline/events';
import type { IncomingRecord } from '@throughline/messaging';
import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import { FetchedMessage } from './fetched-message.ts';
import { setHeader } from './read-record-headers.ts';

/** All messages of a batch as the port describes them. */
export function toIncomingRecords({ topic, partition, messages }: Batch): IncomingRecord[] {
  return messages.map((message) =>
    message instanceof FetchedMessage ? message.record : toIncomingRecord(topic, partition, message),
  );
}

/** A fetched message as the port describes it; bytes are passed on as they are. */
function toIncomingRecord(topic: string, partition: number, message: KafkaMessage): IncomingRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: toHeaders(message.headers),
    timestampMs: Number(message.timestamp),
  };
}

function toHeaders(headers: IHeaders | undefined): RecordHeaders {
  const read: Record<string, Buffer | readonly Buffer[]> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value === undefined || value === null) continue;
    setHeader(read, name, Array.isArray(value) ? value.map(toBuffer) : toBuffer(value));
  }
  return read;
}

function toBuffer(value: Buffer | string): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
