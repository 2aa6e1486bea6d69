import fc from 'fast-check';
import type { Event } from './event.ts';
import { isEventError } from './event-error.ts';
import { readHeaders } from './read-headers.ts';
import { epochSecondsToRfc3339 } from './rfc3339.ts';
import { s3Codec } from './s3-codec.ts';
import { toHeaders } from './to-headers.ts';

const ENVELOPE = {
  eventId: '85fae763-27b7-462c-a1ad-496534e429ba',
  eventType: 'BUCKET_UPDATED',
  sourceService: 'BUCKET_SERVICE',
  ownerId: 'b2cf8d1a-3c33-4f12-956e-576a8a17d871',
  occurredAt: 1767694492.643695,
  payload: { payloadType: 'BUCKET_UPDATED', bucketName: 'my-photos', versioningEnabled: false },
};

const EVENT: Event = {
  id: '85fae763-27b7-462c-a1ad-496534e429ba',
  source: 'BUCKET_SERVICE',
  type: 'BUCKET_UPDATED',
  time: '2026-01-06T10:14:52.643695Z',
  subject: 'my-photos',
  ownerId: 'b2cf8d1a-3c33-4f12-956e-576a8a17d871',
  data: ENVELOPE.payload,
};

const decodeJson = (value: unknown): Event => s3Codec.decode(Buffer.from(JSON.stringify(value)));

function failureOf(work: () => unknown): { code?: string; message?: string; retryable?: boolean } {
  try {
    work();
  } catch (error) {
    if (isEventError(error)) return { code: error.code, message: error.message, retryable: error.retryable };
    throw error;
  }
  return {};
}

describe('s3Codec', () => {
  it("decodes the seed's sample", () => {
    expect(decodeJson(ENVELOPE)).toEqual(EVENT);
  });

  it("encodes to the seed's bytes, fields in its order", () => {
    expect(s3Codec.encode(EVENT).toString()).toBe(JSON.stringify(ENVELOPE));
  });

  it('keeps fields out of the value that the envelope does not have', () => {
    const event = { ...EVENT, correlationId: 'c', causationId: 'd', partitionKey: 'k', dataSchema: 'BUCKET_UPDATED.v1' };
    expect(JSON.parse(s3Codec.encode(event).toString())).toEqual(ENVELOPE);
  });

  it.each([
    [{ objectId: 'o', bucketId: 'b', bucketName: 'n' }, 'o'],
    [{ bucketId: 'b', bucketName: 'n' }, 'b'],
    [{ objectId: 7, bucketName: 'n' }, 'n'],
    [{ other: 'x' }, undefined],
  ])('names the subject of %j', (payload, subject) => {
    expect(decodeJson({ ...ENVELOPE, payload }).subject).toBe(subject);
  });

  it('gives the same identity with and without headers', () => {
    const { id, source, type, time } = readHeaders(asBuffers(toHeaders(EVENT, { contentType: s3Codec.contentType }))) ?? {};
    expect(s3Codec.decode(s3Codec.encode(EVENT))).toMatchObject({ id, source, type, time });
  });

  it.each(Object.keys(ENVELOPE))('refuses an envelope without %s', (field) => {
    const failure = failureOf(() => decodeJson({ ...ENVELOPE, [field]: undefined }));
    expect(failure).toEqual({
      code: 'DECODING_FAILED',
      message: `Value is not an s3 event: ${field} is missing`,
      retryable: false,
    });
  });

  it.each([
    ['eventId', 7, 'must be a string'],
    ['eventId', '', 'must not be empty'],
    ['eventType', 'A\nB', 'must not contain control characters'],
    ['sourceService', 'x'.repeat(513), 'must not be longer than 512 bytes'],
    ['ownerId', null, 'must be a string that is not empty'],
    ['occurredAt', '2026-01-06T10:14:52Z', 'must be a number, seconds since 1970'],
    ['occurredAt', 1e15, 'must be a number, seconds since 1970'],
    ['payload', [], 'must be an object'],
  ])('refuses %s = %j', (field, value, fault) => {
    expect(failureOf(() => decodeJson({ ...ENVELOPE, [field]: value })).message).toBe(
      `Value is not an s3 event: ${field} ${fault}`,
    );
  });

  it('names every broken field in one message', () => {
    expect(failureOf(() => decodeJson({ eventId: 1, payload: 'x' })).message).toBe(
      'Value is not an s3 event: eventId must be a string; eventType is missing; sourceService is missing; ownerId is missing; ' +
        'occurredAt is missing; payload must be an object',
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'the value is not JSON'],
    ['text', Buffer.from('secret=hunter2'), 'the value is not JSON'],
    ['an array', Buffer.from('[]'), 'the value is not a JSON object'],
    ['null', Buffer.from('null'), 'the value is not a JSON object'],
    ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'the value is not UTF-8'],
  ])('refuses %s', (_name, value, fault) => {
    const failure = failureOf(() => s3Codec.decode(value));
    expect(failure).toMatchObject({ code: 'DECODING_FAILED', message: `Value is not an s3 event: ${fault}` });
  });

  it.each([
    ['no owner', { ...EVENT, ownerId: undefined } as unknown as Event, 'ownerId is missing'],
    ['a time that is none', { ...EVENT, time: 'yesterday' }, 'time must be an RFC 3339 date-time'],
    ['data that is no object', { ...EVENT, data: 'text' }, 'payload must be an object'],
    ['data that JSON cannot carry', { ...EVENT, data: { size: 1n } }, 'payload cannot be written as JSON'],
  ])('does not write an event with %s', (_name, event, fault) => {
    expect(failureOf(() => s3Codec.encode(event))).toMatchObject({
      code: 'CONTRACT_VIOLATED',
      message: `Event cannot be written as an s3 event: ${fault}`,
    });
  });

  it('gives back every event that it wrote', () => {
    fc.assert(
      fc.property(events, (event) => {
        const decoded = s3Codec.decode(s3Codec.encode(event));
        expect({ ...decoded, subject: undefined }).toEqual({ ...event, subject: undefined });
        expect(s3Codec.encode(decoded)).toEqual(s3Codec.encode(event));
      }),
    );
  });

  it('throws nothing but EventErrors, whatever the bytes are', () => {
    const values = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record(Object.fromEntries(Object.keys(ENVELOPE).map((field) => [field, fc.jsonValue()])))
        .map((v) => Buffer.from(JSON.stringify(v))),
    );
    fc.assert(
      fc.property(values, (value) =>
        expect([undefined, 'DECODING_FAILED']).toContain(failureOf(() => s3Codec.decode(value)).code),
      ),
    );
  });

  it('survives a value nested deeper than a stack', () => {
    expect(failureOf(() => s3Codec.decode(Buffer.from('['.repeat(200_000) + ']'.repeat(200_000)))).code).toBe('DECODING_FAILED');
  });
});

const attribute = fc.stringMatching(/^[A-Za-z0-9_:/äß🎈-]{1,40}$/u);

const events: fc.Arbitrary<Event> = fc.record({
  id: attribute,
  source: attribute,
  type: attribute,
  ownerId: attribute,
  time: fc
    .tuple(fc.nat(8_589_934_591), fc.nat(999_999))
    .map(([s, µs]) => epochSecondsToRfc3339(Number(`${s}.${String(µs).padStart(6, '0')}`))),
  data: fc.dictionary(fc.string(), fc.jsonValue()).map((data): unknown => JSON.parse(JSON.stringify(data))),
});

function asBuffers(headers: Record<string, string>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
}
