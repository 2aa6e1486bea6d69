import { attributeFault } from './attribute-fault.ts';
import type { EnvelopeCodec } from './envelope-codec.ts';
import type { Event } from './event.ts';
import { isObject, jsonEnvelopeCodec, notWritable } from './json-envelope.ts';
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

const NAME = 's3';

const SUBJECT_FIELDS = ['objectId', 'bucketId', 'bucketName'] as const;

/**
 * Reads and writes object storage's events as its seed document shows them.
 * `encode` and `toEnvelope` throw an EventError `CONTRACT_VIOLATED` for an event that this envelope cannot carry (no owner, time not RFC 3339,
 * data not a JSON object); `decode` throws `DECODING_FAILED` with every broken field in one message.
 */
export const s3Codec: EnvelopeCodec = jsonEnvelopeCodec<S3Envelope>({
  name: NAME,

  fieldFaults: {
    eventId: (value) => attributeFault('id', value),
    eventType: (value) => attributeFault('type', value),
    sourceService: (value) => attributeFault('source', value),
    ownerId: (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a string that is not empty'),
    occurredAt: (value) => (isEpochSeconds(value) ? undefined : 'must be a number, seconds since 1970'),
    payload: (value) => (isObject(value) ? undefined : 'must be an object'),
  },

  toEnvelope: (event) => ({
    eventId: event.id,
    eventType: event.type,
    sourceService: event.source,
    ownerId: event.ownerId,
    occurredAt: occurredAt(event.time),
    payload: event.data,
  }),

  fromEnvelope,
});

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
    throw notWritable(NAME, 'time must be an RFC 3339 date-time', cause);
  }
}

function subjectOf(payload: object): string | undefined {
  const fields: Readonly<Record<string, unknown>> = { ...payload };
  const field = SUBJECT_FIELDS.find((name) => attributeFault('subject', fields[name]) === undefined);
  return field === undefined ? undefined : String(fields[field]);
}
