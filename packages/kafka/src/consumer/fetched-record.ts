import type { HeaderTexts, RecordHeaders } from '@throughline/events';
import type { IncomingRecord } from '@throughline/messaging';
import { ByteReader } from './byte-reader.ts';
import { readHeaderTexts } from './read-header-texts.ts';
import { readRecordHeaders, skipRecordHeaders } from './read-record-headers.ts';

export interface FetchedRecordFacts {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly sizeBytes: number;
}

/**
 * A record that lies where it was fetched. Key, value and headers are made each time they are asked for: thousands of records wait in the queues, and the buffers of their headers were most of what
 * garbage collection had to copy (a fifth of the processor time of a delivery).
 */
export class FetchedRecord implements IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly sizeBytes: number;
  readonly #bytes: Buffer;
  readonly #keyLength: number;
  readonly #keyAt: number;
  readonly #valueLength: number;
  readonly #valueAt: number;
  readonly #headersAt: number;
  readonly #headersEnd: number;

  /** @param reader stands before the length of the record's key, and behind its headers afterwards */
  constructor({ topic, partition, offset, timestampMs, sizeBytes }: FetchedRecordFacts, reader: ByteReader) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.timestampMs = timestampMs;
    this.sizeBytes = sizeBytes;
    this.#bytes = reader.bytes;
    this.#keyLength = reader.varint();
    this.#keyAt = reader.at;
    reader.skip(this.#keyLength);
    this.#valueLength = reader.varint();
    this.#valueAt = reader.at;
    reader.skip(this.#valueLength);
    this.#headersAt = reader.at;
    skipRecordHeaders(reader);
    this.#headersEnd = reader.at;
  }

  get key(): Buffer | null {
    return this.#slice(this.#keyAt, this.#keyLength);
  }

  get value(): Buffer | null {
    return this.#slice(this.#valueAt, this.#valueLength);
  }

  get headers(): RecordHeaders {
    return readRecordHeaders(new ByteReader(this.#bytes, this.#headersAt));
  }

  get headerTexts(): HeaderTexts | undefined {
    return readHeaderTexts(new ByteReader(this.#bytes, this.#headersAt), this.#headersEnd);
  }

  #slice(at: number, length: number): Buffer | null {
    return length < 0 ? null : this.#bytes.subarray(at, at + length);
  }
}
