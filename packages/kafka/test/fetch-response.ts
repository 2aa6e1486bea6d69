import { createRequire } from 'node:module';
import { crc32c } from '../src/crc32c.ts';

const load = createRequire(import.meta.url);
const Encoder = load('kafkajs/src/protocol/encoder.js');
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0/index.js');
const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0/index.js');

const CRC = 17;
const ATTRIBUTES = 21;

interface SentRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, string | string[]>;
  readonly timestampDelta: number;
  readonly offsetDelta: number;
}

export const oneRecord: SentRecord = {
  key: Buffer.from('k'),
  value: Buffer.from('v'),
  headers: {},
  timestampDelta: 0,
  offsetDelta: 0,
};

interface SentBatch {
  readonly records: readonly SentRecord[];
  readonly firstOffset?: number;
  readonly firstTimestamp?: number;
  readonly transactional?: boolean;
  readonly producerId?: number;
  readonly compression?: number;
}

/** What kafkajs would send as a batch, with an offset as the broker writes it. */
export async function batchOf({
  records,
  firstOffset = 0,
  firstTimestamp = 1_790_000_000_000,
  transactional = false,
  producerId = 7,
  compression = 0,
}: SentBatch): Promise<Buffer> {
  const encoded = await RecordBatch({
    compression,
    firstTimestamp,
    maxTimestamp: firstTimestamp,
    producerId,
    producerEpoch: 0,
    firstSequence: 0,
    lastOffsetDelta: records.at(-1)?.offsetDelta ?? 0,
    transactional,
    records: records.map((record) => encodeRecord(record)),
  });
  encoded.buffer.writeBigInt64BE(BigInt(firstOffset), 0);
  return encoded.buffer;
}

/** Changes a batch and makes its checksum right again. */
export function changed(batch: Buffer, change: (batch: Buffer) => void): Buffer {
  change(batch);
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES, batch.length), CRC);
  return batch;
}

/** Sets attributes of a batch. */
export const withFlags = (batch: Buffer, flags: number) =>
  changed(batch, () => batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES) | flags, ATTRIBUTES));

interface SentPartition {
  readonly partition: number;
  readonly bytes: Buffer;
  readonly aborted?: readonly (readonly [producerId: number, firstOffset: number])[];
}

/** A Fetch response of version 11 with these partitions of each topic. */
export function responseOf(partitions: readonly SentPartition[], topics: readonly string[] = ['things']): Buffer {
  const encoder = new Encoder().writeInt32(3).writeInt16(0).writeInt32(5).writeInt32(topics.length);
  for (const topic of topics) {
    encoder.writeString(topic).writeInt32(partitions.length);
    for (const partition of partitions) writePartition(encoder, partition);
  }
  return encoder.buffer;
}

function writePartition(encoder: InstanceType<typeof Encoder>, { partition, bytes, aborted }: SentPartition): void {
  encoder.writeInt32(partition).writeInt16(0).writeInt64('900').writeInt64('899').writeInt64('1');
  encoder.writeInt32(aborted?.length ?? -1);
  for (const [producerId, firstOffset] of aborted ?? []) encoder.writeInt64(String(producerId)).writeInt64(String(firstOffset));
  encoder.writeInt32(-1).writeInt32(bytes.length).writeBufferInternal(bytes);
}
