import type { Message } from 'kafkajs';
import { crc32c } from '../crc32c.ts';
import { ByteWriter } from './byte-writer.ts';

/** What kafkajs gives to the encoding of a produce request. */
export interface ProduceRequest {
  readonly transactionalId?: string | null;
  readonly acks: number;
  readonly timeout: number;
  /** kafkajs' Long; its text is the number. */
  readonly producerId?: { toString(): string };
  readonly producerEpoch?: number;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly PartitionData[] }[];
}

interface PartitionData {
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: readonly Message[];
}

/*
 * Produce request, versions 3 to 7 (https://kafka.apache.org/protocol#The_Messages_Produce) and record batch, magic 2
 * (https://kafka.apache.org/documentation/#recordbatch):
 *
 *   transactional id NULLABLE_STRING, acks INT16, timeout INT32, [topic STRING, [partition INT32, size INT32, record batch]]
 *
 *   base offset INT64 = 0, length INT32, leader epoch INT32 = 0, magic INT8 = 2, CRC-32C UINT32 of all that follows,
 *   attributes INT16, last offset delta INT32, first and max timestamp INT64, producer id INT64, producer epoch INT16, first sequence INT32, count INT32, records
 *
 *   length VARINT, attributes INT8 = 0, timestamp delta VARLONG, offset delta VARINT, key, value: VARINT length and bytes,
 *   count VARINT of headers: VARINT length and name, VARINT length and value
 */
const BATCH_OVERHEAD = 200;
const RECORD_OVERHEAD = 512;
const MAGIC = 2;
const TRANSACTIONAL = 16;

/** The request's body in one pass, uncompressed. */
export function encodeProduceRequest(request: ProduceRequest): Buffer {
  const writer = new ByteWriter(capacityFor(request));
  writer.text(request.transactionalId);
  writer.int16(request.acks);
  writer.int32(request.timeout);
  writer.int32(request.topicData.length);
  for (const { topic, partitions } of request.topicData) {
    writer.text(topic);
    writer.int32(partitions.length);
    for (const partition of partitions) writePartition(writer, request, partition);
  }
  return writer.bytes;
}

function writePartition(writer: ByteWriter, request: ProduceRequest, data: PartitionData): void {
  writer.int32(data.partition);
  const sizeAt = leaveInt32(writer);
  const batchAt = writer.length;
  writer.int64(0n);
  const lengthAt = leaveInt32(writer);
  writer.int32(0);
  writer.int8(MAGIC);
  const crcAt = leaveInt32(writer);
  writeBatchBody(writer, request, data);
  writer.setInt32(writer.length - batchAt, sizeAt);
  writer.setInt32(writer.length - lengthAt - 4, lengthAt);
  writer.setInt32(crc32c(writer.bytes, crcAt + 4, writer.length), crcAt);
}

function writeBatchBody(writer: ByteWriter, request: ProduceRequest, { messages, firstSequence = 0 }: PartitionData): void {
  const nowMs = Date.now();
  const timestamps = messages.map(({ timestamp }) => (timestamp === undefined ? nowMs : Number(timestamp)));
  const firstMs = timestamps.reduce((least, each) => Math.min(least, each));
  writer.int16(request.transactionalId ? TRANSACTIONAL : 0);
  writer.int32(messages.length - 1);
  writer.int64(BigInt(firstMs));
  writer.int64(BigInt(timestamps.reduce((most, each) => Math.max(most, each))));
  writer.int64(BigInt(request.producerId?.toString() ?? '-1'));
  writer.int16(request.producerEpoch ?? 0);
  writer.int32(firstSequence);
  writer.int32(messages.length);
  messages.forEach((message, index) => {
    const start = writer.length;
    writer.int8(0);
    writer.varlong((timestamps[index] as number) - firstMs);
    writer.varint(index);
    writer.varBytes(message.key);
    writer.varBytes(message.value);
    writeHeaders(writer, message.headers);
    writer.prefixWithLength(start);
  });
}

function writeHeaders(writer: ByteWriter, headers: Message['headers']): void {
  let count = 0;
  for (const name in headers) {
    const value = headers[name];
    count += Array.isArray(value) ? value.length : 1;
  }
  writer.varint(count);
  for (const name in headers) {
    const value = headers[name];
    for (const each of Array.isArray(value) ? value : [value]) {
      writer.varBytes(name);
      writer.varBytes(each);
    }
  }
}

function leaveInt32(writer: ByteWriter): number {
  writer.int32(0);
  return writer.length - 4;
}

function capacityFor({ topicData }: ProduceRequest): number {
  let bytes = BATCH_OVERHEAD;
  for (const { partitions } of topicData) {
    bytes += BATCH_OVERHEAD;
    for (const { messages } of partitions) {
      bytes += BATCH_OVERHEAD;
      for (const { value } of messages) bytes += RECORD_OVERHEAD + (value?.length ?? 0);
    }
  }
  return bytes;
}
