import type { Event } from './event.ts';

/** Writes and reads one system's own envelope. `decode(encode(e))` gives back the same id, source, type, time and data. */
export interface EnvelopeCodec {
  /** Name used in configuration, e.g. `s3`. */
  readonly name: string;
  /** Value of the `content-type` header, e.g. `application/json`. */
  readonly contentType: string;
  /**
   * Writes a record's value.
   * @throws {EventError} code `CONTRACT_VIOLATED`, not retryable, when this envelope cannot carry the event.
   */
  encode(event: Event): Buffer;
  /**
   * Parses a record's value.
   * @throws {EventError} code `DECODING_FAILED`, not retryable, when the bytes are not this envelope.
   */
  decode(value: Buffer): Event;
  /** The parsed envelope as its contract (JSON Schema) describes it; used for validation. `decode` equals `fromEnvelope(parse(value))`. */
  toEnvelope(event: Event): unknown;
}
