import { attributeFault } from './attribute-fault.ts';
import type { EnvelopeCodec } from './envelope-codec.ts';
import type { Event } from './event.ts';
import { isObject, jsonEnvelopeCodec, notWritable } from './json-envelope.ts';
import { canonicalTime } from './rfc3339.ts';

/*
 * Order intake's envelope, in the order in which its fields are written:
 *
 *   envelope                                      event                         header
 *   eventType      string                         type                          ce_type
 *   eventVersion   integer, at least 1            dataSchema, with the type:    ce_dataschema
 *                                                 `<eventType>.v<eventVersion>`
 *   eventId        string                         id                            ce_id
 *   timestamp      RFC 3339, written in UTC       time                          ce_time
 *                  without zeros at its end
 *   source         string; absent stands for      source                        ce_source
 *                  `order-intake`
 *   ownerId        string, may be absent          ownerId                       none
 *   payload        object                         data                          none
 *   payload.orderId                               subject                       ce_subject
 *
 * A record without headers therefore has the same (source, id) as the same record with them. Correlation, causation and key stand in
 * headers alone; `decode` leaves them out.
 */
interface OrderEnvelope {
  readonly eventType: string;
  readonly eventVersion: number;
  readonly eventId: string;
  readonly timestamp: string;
  readonly source?: string;
  readonly ownerId?: string;
  readonly payload: object;
}

const NAME = 'order';

/** Who an order's event is from when the envelope does not say. */
const USUAL_SOURCE = 'order-intake';

/**
 * Reads and writes order intake's events as its seed document shows them.
 * `encode` and `toEnvelope` throw an EventError `CONTRACT_VIOLATED` for an event that this envelope cannot carry (time not RFC 3339, contract not
 * a version of its type, data not a JSON object); `decode` throws `DECODING_FAILED` with every broken field in one message.
 */
export const orderCodec: EnvelopeCodec = jsonEnvelopeCodec<OrderEnvelope>({
  name: NAME,

  fieldFaults: {
    eventType: (value) => attributeFault('type', value),
    eventVersion: (value) => (isVersion(value) ? undefined : 'must be a whole number from 1'),
    eventId: (value) => attributeFault('id', value),
    timestamp: (value) => (isTime(value) ? undefined : 'must be an RFC 3339 date-time'),
    source: (value) => attributeFault('source', value),
    ownerId: (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a string that is not empty'),
    payload: (value) => (isObject(value) ? undefined : 'must be an object'),
  },
  optional: ['source', 'ownerId'],

  toEnvelope: (event) => ({
    eventType: event.type,
    eventVersion: versionOf(event),
    eventId: event.id,
    timestamp: timestampOf(event.time),
    ...(event.source !== USUAL_SOURCE && { source: event.source }),
    ...(event.ownerId !== undefined && { ownerId: event.ownerId }),
    payload: event.data,
  }),

  fromEnvelope,
});

function fromEnvelope({ eventType, eventVersion, eventId, timestamp, source, ownerId, payload }: OrderEnvelope): Event {
  const { orderId } = payload as { orderId?: unknown };
  return {
    id: eventId,
    source: source ?? USUAL_SOURCE,
    type: eventType,
    time: canonicalTime(timestamp) ?? timestamp,
    ...(attributeFault('subject', orderId) === undefined && { subject: orderId as string }),
    dataSchema: `${eventType}.v${eventVersion}`,
    ...(ownerId !== undefined && { ownerId }),
    data: payload,
  };
}

function isVersion(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && canonicalTime(value) !== undefined;
}

function versionOf({ type, dataSchema }: Event): number {
  if (dataSchema === undefined) return 1;
  const version = dataSchema.startsWith(`${type}.v`) ? dataSchema.slice(type.length + 2) : '';
  if (!/^[1-9]\d*$/.test(version)) throw notWritable(NAME, 'dataSchema must be the type and a version, such as <type>.v1');
  return Number(version);
}

function timestampOf(time: string): string {
  const canonical = canonicalTime(time);
  if (canonical === undefined) throw notWritable(NAME, 'time must be an RFC 3339 date-time');
  return canonical.replace(/\.?0+Z$/, 'Z');
}
