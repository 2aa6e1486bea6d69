import type { RecordHeaders } from '@throughline/events';
import type { IncomingRecord } from '@throughline/messaging';

/** A record that was decoded here, in the shape that kafkajs passes on; its own is `record`. */
export class FetchedMessage {
  readonly record: IncomingRecord;
  /** kafkajs passes over it, and only remembers its offset. */
  readonly isControlRecord: boolean;

  constructor(record: IncomingRecord, isControlRecord = false) {
    this.record = record;
    this.isControlRecord = isControlRecord;
  }

  get magicByte(): number {
    return 2;
  }

  get attributes(): number {
    return 0;
  }

  get offset(): string {
    return this.record.offset.toString();
  }

  get timestamp(): string {
    return String(this.record.timestampMs);
  }

  get key(): Buffer | null {
    return this.record.key;
  }

  get value(): Buffer | null {
    return this.record.value;
  }

  get headers(): RecordHeaders {
    return this.record.headers;
  }
}
