import type { HeaderTexts, RecordHeaders } from '@throughline/events';

/** A record as a consumer receives it: original bytes, nothing interpreted. */
export interface IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** The headers as text, where the driver has them at hand and they are nothing but that. */
  readonly headerTexts?: HeaderTexts | undefined;
  /** Milliseconds since the epoch, as the log says (CreateTime or LogAppendTime). */
  readonly timestampMs: number;
  /** Bytes that it takes in the log, where the driver knows. */
  readonly sizeBytes?: number;
}

/** Bytes of key, value and headers. */
export function sizeOf({ key, value, headers, sizeBytes }: IncomingRecord): number {
  if (sizeBytes !== undefined) return sizeBytes;
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, values] of Object.entries(headers)) {
    for (const each of Buffer.isBuffer(values) ? [values] : values) bytes += name.length + each.length;
  }
  return bytes;
}

/** A record to be sent. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string | readonly Buffer[]>>;
}

/** Where a sent record came to lie. */
export interface RecordPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}
