import { isUtf8 } from 'node:buffer';
import { attributeFault } from './attribute-fault.ts';
import type { EnvelopeCodec } from './envelope-codec.ts';
import type { Event } from './event.ts';
import { EventError } from './event-error.ts';
import { epochSecondsToRfc3339, isEpochSeconds, rfc3339ToEpochSeconds } from './rfc3339.ts';

/*
 * Object storage's envelope (S3Event<T>), in the order in which its fields are written:
 *
 *   envelope                                      event       header
 *   eventId        string                         id          ce_id
 *   eventType      string                         type        ce_type
 *   sourceService  string                         source      ce_source
 *   ownerId        string                         ownerId     none
 *   occurredAt     number, epoch seconds with a   time        ce_time, RFC 3339 in UTC
 *                  fraction, exact to the µs
 *   payload        object                         data        none
 *   payload.objectId, else payload.bucketId,      subject     ce_subject
 *     else payload.bucketName
 *
 * A record without headers therefore has the same (source, id) as the same record with them. Correlation, causation, key and
 * contract stand in headers alone; `decode` leaves them out.
 */
interface S3Envelope {
  readonly eventId: string;
  readonly eventType: string;
  readonly sourceService: string;
  readonly ownerId: string;
  readonly occurredAt: number;
  readonly payload: object;
}

const FIELD_FAULTS: Readonly<Record<keyof S3Envelope, (value: unknown) => string | undefined>> = {
  eventId: (value) => attributeFault('id', value),
  eventType: (value) => attributeFault('type', value),
  sourceService: (value) => attributeFault('source', value),
  ownerId: (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a string that is not empty'),
  occurredAt: (value) => (isEpochSeconds(value) ? undefined : 'must be a number, seconds since 1970'),
  payload: (value) => (isObject(value) ? undefined : 'must be an object'),
};

const FIELDS = Object.keys(FIELD_FAULTS) as (keyof S3Envelope)[];

const SUBJECT_FIELDS = ['objectId', 'bucketId', 'bucketName'] as const;

/**
 * Reads and writes object storage's events as its seed document shows them.
 * `encode` and `toEnvelope` throw an EventError `CONTRACT_VIOLATED` for an event that this envelope cannot carry (no owner, time not RFC 3339,
 * data not a JSON object); `decode` throws `DECODING_FAILED` with every broken field in one message.
 */
export const s3Codec: EnvelopeCodec = {
  name: 's3',
  contentType: 'application/json',

  encode(event) {
    const envelope = toEnvelope(event);
    const faults = envelopeFaults(envelope);
    if (faults.length > 0) throw notWritable(faults.join('; '));
    try {
      return Buffer.from(JSON.stringify(envelope));
    } catch (cause) {
      throw notWritable('payload cannot be written as JSON', cause);
    }
  },

  decode(value) {
    const envelope = parse(value);
    const faults = envelopeFaults(envelope);
    if (faults.length > 0) throw notReadable(faults.join('; '));
    return fromEnvelope(envelope as S3Envelope);
  },

  toEnvelope,
};

function toEnvelope(event: Event): Record<keyof S3Envelope, unknown> {
  return {
    eventId: event.id,
    eventType: event.type,
    sourceService: event.source,
    ownerId: event.ownerId,
    occurredAt: occurredAt(event.time),
    payload: event.data,
  };
}

function fromEnvelope(envelope: S3Envelope): Event {
  const subject = subjectOf(envelope.payload);
  return {
    id: envelope.eventId,
    source: envelope.sourceService,
    type: envelope.eventType,
    time: epochSecondsToRfc3339(envelope.occurredAt),
    ...(subject === undefined ? {} : { subject }),
    ownerId: envelope.ownerId,
    data: envelope.payload,
  };
}

function occurredAt(time: string): number {
  try {
    return rfc3339ToEpochSeconds(time);
  } catch (cause) {
    throw notWritable('time must be an RFC 3339 date-time', cause);
  }
}

function subjectOf(payload: object): string | undefined {
  const fields: Readonly<Record<string, unknown>> = { ...payload };
  const field = SUBJECT_FIELDS.find((name) => attributeFault('subject', fields[name]) === undefined);
  return field === undefined ? undefined : String(fields[field]);
}

function parse(value: Buffer): unknown {
  // JSON.parse would take the replacement characters of broken UTF-8 for content.
  if (!isUtf8(value)) throw notReadable('the value is not UTF-8');
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    // The parser's error quotes the value, which may hold a secret: it is not passed on, not even as `cause`.
    throw notReadable('the value is not JSON');
  }
}

function envelopeFaults(envelope: unknown): string[] {
  if (!isObject(envelope)) return ['the value is not a JSON object'];
  const faults: string[] = [];
  for (const field of FIELDS) {
    const value = Object.hasOwn(envelope, field) ? envelope[field] : undefined;
    const fault = value === undefined ? 'is missing' : FIELD_FAULTS[field](value);
    if (fault !== undefined) faults.push(`${field} ${fault}`);
  }
  return faults;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function notReadable(faults: string): EventError {
  return new EventError('DECODING_FAILED', `Value is not an s3 event: ${faults}`);
}

function notWritable(faults: string, cause?: unknown): EventError {
  return new EventError('CONTRACT_VIOLATED', `Event cannot be written as an s3 event: ${faults}`, { cause });
}
