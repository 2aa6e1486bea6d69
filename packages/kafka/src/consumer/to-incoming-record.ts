import type { RecordHeaders } from '@throughline/events';
import type { IncomingRecord } from '@throughline/messaging';
import type { IHeaders, KafkaMessage } from 'kafkajs';

/** A fetched message as the port describes it; bytes are passed on as they are. */
export function toIncomingRecord(topic: string, partition: number, message: KafkaMessage): IncomingRecord {
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
    read[name] = Array.isArray(value) ? value.map(toBuffer) : toBuffer(value);
  }
  return read;
}

function toBuffer(value: Buffer | string): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
