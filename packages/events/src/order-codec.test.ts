import fc from 'fast-check';
import type { Event } from './event.ts';
import { isEventError } from './event-error.ts';
import { orderCodec } from './order-codec.ts';
import { readHeaders } from './read-headers.ts';
import { epochSecondsToRfc3339 } from './rfc3339.ts';
import { toHeaders } from './to-headers.ts';

const ENVELOPE = {
  eventType: 'OrderCreated',
  eventVersion: 1,
  eventId: 'uuid',
  timestamp: '2025-01-01T12:00:00Z',
  payload: { orderId: '123', amount: 100.0 },
};

const EVENT: Event = {
  id: 'uuid',
  source: 'order-intake',
  type: 'OrderCreated',
  time: '2025-01-01T12:00:00.000000Z',
  subject: '123',
  dataSchema: 'OrderCreated.v1',
  data: ENVELOPE.payload,
};

const decodeJson = (value: unknown): Event => orderCodec.decode(Buffer.from(JSON.stringify(value)));

function failureOf(work: () => unknown): { code?: string; message?: string; retryable?: boolean } {
  try {
    work();
  } catch (error) {
    if (isEventError(error)) return { code: error.code, message: error.message, retryable: error.retryable };
    throw error;
  }
  return {};
}

describe('orderCodec', () => {
  it("decodes the seed's sample", () => {
    expect(decodeJson(ENVELOPE)).toEqual(EVENT);
  });

  it("encodes to the seed's bytes, fields in its order", () => {
    expect(orderCodec.encode(EVENT).toString()).toBe(JSON.stringify(ENVELOPE));
  });

  it('carries the owner and a source that is not the usual one, and nothing else that headers have', () => {
    const event = { ...EVENT, source: 'shop', ownerId: 'ada', correlationId: 'c', causationId: 'd', partitionKey: 'k' };
    const { payload, ...head } = ENVELOPE;
    expect(orderCodec.encode(event).toString()).toBe(JSON.stringify({ ...head, source: 'shop', ownerId: 'ada', payload }));
    expect(decodeJson({ ...ENVELOPE, source: 'shop', ownerId: 'ada' })).toEqual({ ...EVENT, source: 'shop', ownerId: 'ada' });
  });

  it.each([
    ['OrderCreated.v7', 7],
    [undefined, 1],
  ])('writes the contract %s as version %d', (dataSchema, eventVersion) => {
    const { dataSchema: _, ...event } = EVENT;
    expect(orderCodec.toEnvelope({ ...event, ...(dataSchema !== undefined && { dataSchema }) })).toEqual({
      ...ENVELOPE,
      eventVersion,
    });
  });

  it('reads the version as the contract', () => {
    expect(decodeJson({ ...ENVELOPE, eventVersion: 7 }).dataSchema).toBe('OrderCreated.v7');
  });

  it.each([
    ['2025-01-01T12:00:00.120Z', '2025-01-01T12:00:00.120000Z', '2025-01-01T12:00:00.12Z'],
    ['2025-01-01T14:00:10+02:00', '2025-01-01T12:00:10.000000Z', '2025-01-01T12:00:10Z'],
    ['2025-01-01t12:00:00.1234567z', '2025-01-01T12:00:00.123456Z', '2025-01-01T12:00:00.123456Z'],
  ])('reads the time %s as %s and writes %s', (timestamp, time, written) => {
    const event = decodeJson({ ...ENVELOPE, timestamp });
    expect(event.time).toBe(time);
    expect(orderCodec.toEnvelope(event)).toMatchObject({ timestamp: written });
  });

  it.each([{ amount: 1 }, { orderId: 7 }, { orderId: '' }, { orderId: 'a\nb' }])('finds no subject in %j', (payload) => {
    expect(decodeJson({ ...ENVELOPE, payload })).not.toHaveProperty('subject');
  });

  it('gives the same identity with and without headers', () => {
    const headers = readHeaders(asBuffers(toHeaders(EVENT, { contentType: orderCodec.contentType })));
    const { id, source, type, time, subject, dataSchema } = orderCodec.decode(orderCodec.encode(EVENT));
    expect(headers).toMatchObject({ id, source, type, time, subject, dataSchema });
  });

  it.each(Object.keys(ENVELOPE))('refuses an envelope without %s', (field) => {
    expect(failureOf(() => decodeJson({ ...ENVELOPE, [field]: undefined }))).toEqual({
      code: 'DECODING_FAILED',
      message: `Value is not an order event: ${field} is missing`,
      retryable: false,
    });
  });

  it.each([
    ['eventType', '', 'must not be empty'],
    ['eventType', 'A\nB', 'must not contain control characters'],
    ['eventVersion', 0, 'must be a whole number from 1'],
    ['eventVersion', 1.5, 'must be a whole number from 1'],
    ['eventVersion', '1', 'must be a whole number from 1'],
    ['eventVersion', 2 ** 53, 'must be a whole number from 1'],
    ['eventId', 7, 'must be a string'],
    ['eventId', 'x'.repeat(513), 'must not be longer than 512 bytes'],
    ['timestamp', 1735732800, 'must be an RFC 3339 date-time'],
    ['timestamp', '2025-02-30T12:00:00Z', 'must be an RFC 3339 date-time'],
    ['timestamp', '2025-01-01', 'must be an RFC 3339 date-time'],
    ['source', null, 'must be a string'],
    ['source', '', 'must not be empty'],
    ['ownerId', null, 'must be a string that is not empty'],
    ['payload', [], 'must be an object'],
  ])('refuses %s = %j', (field, value, fault) => {
    expect(failureOf(() => decodeJson({ ...ENVELOPE, [field]: value }))).toMatchObject({
      code: 'DECODING_FAILED',
      message: `Value is not an order event: ${field} ${fault}`,
    });
  });

  it('names every broken field in one message', () => {
    expect(failureOf(() => decodeJson({ eventId: 1, source: 2, ownerId: '', payload: 'x' })).message).toBe(
      'Value is not an order event: eventType is missing; eventVersion is missing; eventId must be a string; timestamp is missing; ' +
        'source must be a string; ownerId must be a string that is not empty; payload must be an object',
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'the value is not JSON'],
    ['text', Buffer.from('secret=hunter2'), 'the value is not JSON'],
    ['an array', Buffer.from('[]'), 'the value is not a JSON object'],
    ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'the value is not UTF-8'],
  ])('refuses %s', (_name, value, fault) => {
    expect(failureOf(() => orderCodec.decode(value))).toMatchObject({
      code: 'DECODING_FAILED',
      message: `Value is not an order event: ${fault}`,
    });
  });

  it.each([
    ['a time that is none', { time: 'yesterday' }, 'time must be an RFC 3339 date-time'],
    [
      "another type's contract",
      { dataSchema: 'OrderCancelled.v1' },
      'dataSchema must be the type and a version, such as <type>.v1',
    ],
    [
      'a contract without a version',
      { dataSchema: 'OrderCreated.v0' },
      'dataSchema must be the type and a version, such as <type>.v1',
    ],
    ['data that is no object', { data: 'text' }, 'payload must be an object'],
    ['data that JSON cannot carry', { data: { amount: 1n } }, 'payload cannot be written as JSON'],
  ])('does not write an event with %s', (_name, broken, fault) => {
    expect(failureOf(() => orderCodec.encode({ ...EVENT, ...broken }))).toMatchObject({
      code: 'CONTRACT_VIOLATED',
      message: `Event cannot be written as an order event: ${fault}`,
    });
  });

  it('gives back every event that it wrote', () => {
    fc.assert(
      fc.property(events, (event) => {
        const decoded = orderCodec.decode(orderCodec.encode(event));
        expect({ ...decoded, subject: undefined }).toEqual({ ...event, subject: undefined });
        expect(orderCodec.encode(decoded)).toEqual(orderCodec.encode(event));
      }),
    );
  });

  it('throws nothing but EventErrors, whatever the bytes are', () => {
    const values = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record(Object.fromEntries([...Object.keys(ENVELOPE), 'source', 'ownerId'].map((field) => [field, fc.jsonValue()])))
        .map((value) => Buffer.from(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(values, (value) =>
        expect([undefined, 'DECODING_FAILED']).toContain(failureOf(() => orderCodec.decode(value)).code),
      ),
    );
  });
});

const attribute = fc.stringMatching(/^[A-Za-z0-9_:/äß🎈-]{1,40}$/u);

const events: fc.Arbitrary<Event> = fc
  .record({
    id: attribute,
    source: fc.oneof(attribute, fc.constant('order-intake')),
    type: attribute,
    time: fc
      .tuple(fc.nat(8_589_934_591), fc.nat(999_999))
      .map(([s, µs]) => epochSecondsToRfc3339(Number(`${s}.${String(µs).padStart(6, '0')}`))),
    version: fc.integer({ min: 1, max: 2 ** 31 }),
    owner: fc.option(attribute),
    data: fc.dictionary(fc.string(), fc.jsonValue()).map((data): unknown => JSON.parse(JSON.stringify(data))),
  })
  .map(({ version, owner, ...event }) => ({
    ...event,
    dataSchema: `${event.type}.v${version}`,
    ...(owner !== null && { ownerId: owner }),
  }));

function asBuffers(headers: Record<string, string>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
}
