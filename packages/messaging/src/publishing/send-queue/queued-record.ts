import type { EventError } from '@throughline/events';
import type { OutgoingRecord } from '../../record.ts';

/** A record that waits to be sent, or is under way. */
export interface QueuedRecord {
  readonly record: OutgoingRecord;
  /** Key, value and headers. */
  readonly bytes: number;
  /** When its send must have begun, milliseconds of the queue's clock. */
  readonly beginByMs: number;
  /** Called once, without an error when every in-sync replica has the record. Never throws. */
  readonly settle: (error?: EventError) => void;
}

/** Bytes of key, value and headers of a record to be sent. */
export function outgoingBytes({ key, value, headers }: OutgoingRecord): number {
  let bytes = (key === null ? 0 : Buffer.byteLength(key)) + (value?.length ?? 0);
  for (const name in headers) {
    const values = headers[name] as Buffer | string | readonly Buffer[];
    for (const each of Array.isArray(values) ? values : [values]) bytes += name.length + Buffer.byteLength(each);
  }
  return bytes;
}
