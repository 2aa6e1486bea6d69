import { crc32 } from 'node:zlib';
import { EventError } from '@throughline/events';
import type { MessagingDriver } from '../../messaging-driver.ts';
import type { OutgoingRecord } from '../../record.ts';
import { outgoingBytes, type QueuedRecord } from './queued-record.ts';
import { SendLane } from './send-lane.ts';

export interface SendQueueOptions {
  readonly driver: Pick<MessagingDriver, 'createProducer'>;
  /** Part of the producers' names. */
  readonly name: string;
  /** Producers, each with one send under way; records of one key go through one of them. (Default: 2) */
  readonly producers?: number;
  /** Records that wait or are under way. (Default: 10 000) */
  readonly maxQueuedRecords?: number;
  /** The same in bytes of keys, values and headers. (Default: 32 MiB) */
  readonly maxQueuedBytes?: number;
  /** Key, value and headers of one record together; at most what the topics' `max.message.bytes` lets through. (Default: 1 000 000) */
  readonly maxRecordBytes?: number;
  /** (Default: 500) */
  readonly maxBatchRecords?: number;
  /** Bytes of one send; one record may be larger by itself. (Default: 900 000) */
  readonly maxBatchBytes?: number;
  /** From the call to the answer, milliseconds; a send may take half of it. (Default: 10 000) */
  readonly timeoutMs?: number;
  /** How long the first record of an idle producer waits for company, milliseconds. (Default: 0, for what comes in the same turn of the event loop) */
  readonly lingerMs?: number;
  /** Milliseconds of a clock that only goes forward. (Default: performance.now) */
  readonly now?: () => number;
}

/** A bounded queue before a few producers: calls that come while a send is under way travel together in the next, in order per key. */
export interface SendQueue {
  /** `settle` is called once, later, and only when this gives back undefined; otherwise the error (`QUEUE_FULL`, `RECORD_TOO_LARGE`, `SHUTTING_DOWN`) says why the record was not taken. */
  add(record: OutgoingRecord, settle: (error?: EventError) => void): EventError | undefined;
  /** Takes nothing more, sends what waits within the time, gives up the rest; a send under way may take its own time longer. */
  close(timeoutMs: number): Promise<void>;
}

export function createSendQueue(options: SendQueueOptions): SendQueue {
  return new LanedSendQueue(options);
}

class LanedSendQueue implements SendQueue {
  readonly #lanes: readonly SendLane[];
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #maxRecordBytes: number;
  readonly #waitMs: number;
  readonly #now: () => number;
  #records = 0;
  #bytes = 0;
  #closing: Promise<void> | undefined;

  constructor(options: SendQueueOptions) {
    const { driver, name, producers = 2, timeoutMs = 10_000, now = () => performance.now() } = options;
    this.#maxRecords = options.maxQueuedRecords ?? 10_000;
    this.#maxBytes = options.maxQueuedBytes ?? 32 * 1024 * 1024;
    this.#maxRecordBytes = options.maxRecordBytes ?? 1_000_000;
    this.#waitMs = timeoutMs / 2;
    this.#now = now;
    this.#lanes = Array.from(
      { length: producers },
      (_, index) =>
        new SendLane({
          createProducer: () => driver.createProducer({ name: `${name}.${index}` }),
          maxBatchRecords: options.maxBatchRecords ?? 500,
          maxBatchBytes: options.maxBatchBytes ?? 900_000,
          sendTimeoutMs: timeoutMs / 2,
          lingerMs: options.lingerMs ?? 0,
          now,
        }),
    );
  }

  add(record: OutgoingRecord, settle: (error?: EventError) => void): EventError | undefined {
    if (this.#closing !== undefined) return new EventError('SHUTTING_DOWN', 'the publisher is closed', { retryable: true });
    const bytes = outgoingBytes(record);
    const refused = this.#refusal(bytes);
    if (refused !== undefined) return refused;
    this.#records += 1;
    this.#bytes += bytes;
    this.#laneOf(record.key).add({ record, bytes, beginByMs: this.#now() + this.#waitMs, settle: this.#leaving(bytes, settle) });
    return undefined;
  }

  #refusal(bytes: number): EventError | undefined {
    if (bytes > this.#maxRecordBytes) {
      return new EventError('RECORD_TOO_LARGE', `the record has ${bytes} bytes; the limit is ${this.#maxRecordBytes}`);
    }
    if (this.#records < this.#maxRecords && this.#bytes + bytes <= this.#maxBytes) return undefined;
    const message = `${this.#records} records (${this.#bytes} bytes) wait to be sent already`;
    return new EventError('QUEUE_FULL', message, { retryable: true });
  }

  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.all(this.#lanes.map((lane) => lane.drain())), late]);
    clearTimeout(timer);
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  #laneOf(key: OutgoingRecord['key']): SendLane {
    const hash = this.#lanes.length === 1 || key === null ? 0 : crc32(key);
    return this.#lanes[hash % this.#lanes.length] as SendLane;
  }

  #leaving(bytes: number, settle: QueuedRecord['settle']): QueuedRecord['settle'] {
    return (error) => {
      this.#records -= 1;
      this.#bytes -= bytes;
      settle(error);
    };
  }
}
