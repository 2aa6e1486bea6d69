import { isUtf8 } from 'node:buffer';
import type { EnvelopeCodec } from './envelope-codec.ts';
import type { Event } from './event.ts';
import { EventError } from './event-error.ts';

/** An envelope that is a JSON object: its fields in words, and how it stands to the event. */
export interface JsonEnvelope<Envelope extends object> {
  /** Name of the codec, e.g. `s3`. */
  readonly name: string;
  /** Says of each field in words why a value cannot stand there; undefined when it can. */
  readonly fieldFaults: Readonly<Record<keyof Envelope & string, (value: unknown) => string | undefined>>;
  /** Fields that may be absent. (Default: none) */
  readonly optional?: readonly (keyof Envelope & string)[];
  /** Fields in the order in which they are written. @throws {EventError} `notWritable`, where the event has no such form */
  toEnvelope(event: Event): Partial<Record<keyof Envelope & string, unknown>>;
  fromEnvelope(envelope: Envelope): Event;
}

/** `decode` throws `DECODING_FAILED`, `encode` `CONTRACT_VIOLATED`, both with every broken field in one message that never quotes the value. */
export function jsonEnvelopeCodec<Envelope extends object>(envelopeForm: JsonEnvelope<Envelope>): EnvelopeCodec {
  const { name, toEnvelope, fromEnvelope } = envelopeForm;
  const faultsOf = faultFinder(envelopeForm);
  return {
    name,
    contentType: 'application/json',

    encode(event) {
      const envelope = toEnvelope(event);
      const faults = faultsOf(envelope);
      if (faults.length > 0) throw notWritable(name, faults.join('; '));
      try {
        return Buffer.from(JSON.stringify(envelope));
      } catch (cause) {
        throw notWritable(name, 'payload cannot be written as JSON', cause);
      }
    },

    decode(value) {
      const envelope = parse(name, value);
      const faults = faultsOf(envelope);
      if (faults.length > 0) throw notReadable(name, faults.join('; '));
      return fromEnvelope(envelope as Envelope);
    },

    toEnvelope,
  };
}

/** An event that an envelope cannot carry. */
export function notWritable(codec: string, faults: string, cause?: unknown): EventError {
  return new EventError('CONTRACT_VIOLATED', `Event cannot be written as an ${codec} event: ${faults}`, { cause });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultFinder<Envelope extends object>({ fieldFaults, optional = [] }: JsonEnvelope<Envelope>) {
  const fields = Object.keys(fieldFaults) as (keyof Envelope & string)[];
  const mayBeAbsent: ReadonlySet<string> = new Set(optional);
  return (envelope: unknown): string[] => {
    if (!isObject(envelope)) return ['the value is not a JSON object'];
    const faults: string[] = [];
    for (const field of fields) {
      const value = Object.hasOwn(envelope, field) ? envelope[field] : undefined;
      if (value === undefined && mayBeAbsent.has(field)) continue;
      const fault = value === undefined ? 'is missing' : fieldFaults[field](value);
      if (fault !== undefined) faults.push(`${field} ${fault}`);
    }
    return faults;
  };
}

function parse(codec: string, value: Buffer): unknown {
  // JSON.parse would take the replacement characters of broken UTF-8 for content.
  if (!isUtf8(value)) throw notReadable(codec, 'the value is not UTF-8');
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    // The parser's error quotes the value, which may hold a secret: it is not passed on, not even as `cause`.
    throw notReadable(codec, 'the value is not JSON');
  }
}

function notReadable(codec: string, faults: string): EventError {
  return new EventError('DECODING_FAILED', `Value is not an ${codec} event: ${faults}`);
}
