import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { IncomingRecord } from '@throughline/messaging';
import { crc32c } from '../crc32c.ts';
import { ByteReader } from './byte-reader.ts';
import { FetchedRecord } from './fetched-record.ts';

/** Thrown for what is left to kafkajs: snappy and lz4, for which it may be given a codec, and the formats before Kafka 0.11. */
export class UnsupportedBatch extends Error {}

/** Bytes fetched from one partition. */
export interface FetchedBytes {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
}

/*
 * Record batch, magic 2 (https://kafka.apache.org/documentation/#recordbatch), and where its parts begin: base offset INT64, length INT32 of what follows, leader epoch INT32, magic INT8, CRC-32C
 * UINT32 of what follows, attributes INT16, last offset delta INT32, first and max timestamp INT64, producer id INT64, producer epoch INT16, first sequence INT32, count INT32, records
 */
const LENGTH = 8;
const LENGTH_END = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const FIRST_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const COUNT = 57;
const HEADER_BYTES = 61;

const CURRENT_MAGIC = 2;
const CODEC_MASK = 0x7;
const UNCOMPRESSED = 0;
/** By the codec's number in the attributes. */
const DECOMPRESS: Readonly<Record<number, (bytes: Buffer) => Buffer>> = { 1: gunzipSync, 4: zstdDecompressSync };
const LOG_APPEND_TIME = 0x8;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** In the key of a control record, behind its version. */
const ABORT = 0;

/** One batch of records as it lies in the log. */
export class RecordBatch {
  readonly lastOffset: bigint;
  /** Where the next batch begins. */
  readonly next: number;
  readonly #fetched: FetchedBytes;
  readonly #start: number;
  readonly #attributes: number;

  private constructor(fetched: FetchedBytes, start: number, next: number) {
    const { bytes } = fetched;
    this.#fetched = fetched;
    this.#start = start;
    this.next = next;
    this.#attributes = bytes.readInt16BE(start + ATTRIBUTES);
    this.lastOffset = bytes.readBigInt64BE(start) + BigInt(bytes.readInt32BE(start + LAST_OFFSET_DELTA));
  }

  /** The batch that begins at `start`; undefined when it is cut off. @throws {UnsupportedBatch} */
  static at(fetched: FetchedBytes, start: number): RecordBatch | undefined {
    const { bytes, topic, partition } = fetched;
    if (bytes.length - start <= MAGIC) return undefined;
    if (bytes[start + MAGIC] !== CURRENT_MAGIC) throw new UnsupportedBatch('an old format of records');
    const next = start + LENGTH_END + bytes.readInt32BE(start + LENGTH);
    if (next > bytes.length) return undefined;
    const isWhole = next - start >= HEADER_BYTES && crc32c(bytes, start + ATTRIBUTES, next) === bytes.readUInt32BE(start + CRC);
    if (!isWhole) throw new Error(`corrupt batch of records in ${topic}/${partition} at offset ${bytes.readBigInt64BE(start)}`);
    return new RecordBatch(fetched, start, next);
  }

  get isControl(): boolean {
    return (this.#attributes & CONTROL) !== 0;
  }

  get isTransactional(): boolean {
    return (this.#attributes & TRANSACTIONAL) !== 0;
  }

  get producerId(): bigint {
    return this.#fetched.bytes.readBigInt64BE(this.#start + PRODUCER_ID);
  }

  /** Says that its producer's transaction was aborted. */
  get isAbortMarker(): boolean {
    return this.isControl && this.records().some(({ key }) => key?.readInt16BE(2) === ABORT);
  }

  get firstTimestampMs(): number {
    return Number(this.#fetched.bytes.readBigInt64BE(this.#start + FIRST_TIMESTAMP));
  }

  /** @throws {UnsupportedBatch} when they are compressed in a way that Node cannot undo */
  records(): IncomingRecord[] {
    const { topic, partition, bytes } = this.#fetched;
    const count = bytes.readInt32BE(this.#start + COUNT);
    const firstOffset = bytes.readBigInt64BE(this.#start);
    const { firstTimestampMs } = this;
    const appendedAtMs = this.#appendedAtMs();
    const reader = count > 0 ? this.#body() : new ByteReader(bytes);
    const limit = reader.bytes === bytes ? this.next : reader.bytes.length;
    const records: IncomingRecord[] = [];
    for (let index = 0; index < count; index += 1) {
      const sizeBytes = reader.varint();
      const end = reader.at + sizeBytes;
      reader.at += 1;
      const timestampMs = reader.varint() + firstTimestampMs;
      const offset = firstOffset + BigInt(reader.varint());
      records.push(new FetchedRecord({ topic, partition, offset, timestampMs: appendedAtMs ?? timestampMs, sizeBytes }, reader));
      if (reader.at !== end || end > limit)
        throw new Error(`corrupt record in ${topic}/${partition} behind offset ${firstOffset}`);
    }
    return records;
  }

  #body(): ByteReader {
    const { bytes } = this.#fetched;
    const codec = this.#attributes & CODEC_MASK;
    if (codec === UNCOMPRESSED) return new ByteReader(bytes, this.#start + HEADER_BYTES);
    const decompress = DECOMPRESS[codec];
    if (decompress === undefined) throw new UnsupportedBatch(`records compressed by codec ${codec}`);
    return new ByteReader(decompress(bytes.subarray(this.#start + HEADER_BYTES, this.next)));
  }

  #appendedAtMs(): number | undefined {
    if ((this.#attributes & LOG_APPEND_TIME) === 0) return undefined;
    return Number(this.#fetched.bytes.readBigInt64BE(this.#start + MAX_TIMESTAMP));
  }
}
