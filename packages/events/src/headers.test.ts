import fc from 'fast-check';
import type { Event } from './event.ts';
import { isEventError } from './event-error.ts';
import { headerText } from './header-text.ts';
import { readHeaders } from './read-headers.ts';
import type { RecordHeaders } from './record-headers.ts';
import { toHeaders } from './to-headers.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const EVENT: Event = {
  id: 'd3d5f127-a8fc-4422-8496-5e04f6b2da65',
  source: 'OBJECT_SERVICE',
  type: 'OBJECT_CREATED',
  time: '2026-01-06T08:39:34.661985Z',
  subject: '0af73ea9-7735-4f6b-8da6-7378bfea504a',
  dataSchema: 'OBJECT_CREATED.v1',
  partitionKey: '0af73ea9-7735-4f6b-8da6-7378bfea504a',
  correlationId: 'correlation',
  causationId: 'causation',
  ownerId: 'owner',
  data: {},
};

const WIRE = {
  ce_specversion: '1.0',
  ce_id: 'd3d5f127-a8fc-4422-8496-5e04f6b2da65',
  ce_source: 'OBJECT_SERVICE',
  ce_type: 'OBJECT_CREATED',
  ce_time: '2026-01-06T08:39:34.661985Z',
  ce_subject: '0af73ea9-7735-4f6b-8da6-7378bfea504a',
  ce_dataschema: 'OBJECT_CREATED.v1',
  ce_partitionkey: '0af73ea9-7735-4f6b-8da6-7378bfea504a',
  ce_correlationid: 'correlation',
  ce_causationid: 'causation',
  'content-type': 'application/json',
  traceparent: TRACEPARENT,
  tracestate: 'vendor=1',
};

const received = (headers: Record<string, string>): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));

function faultOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isEventError(error) && error.code === 'HEADERS_INVALID' && !error.retryable) return error.message;
    throw error;
  }
  return 'none';
}

describe('toHeaders', () => {
  it('writes CloudEvents in binary mode and the trace context', () => {
    const headers = toHeaders(EVENT, { contentType: 'application/json', traceparent: TRACEPARENT, tracestate: 'vendor=1' });
    expect(headers).toEqual(WIRE);
  });

  it('leaves out what the event does not have', () => {
    const event = { id: 'i', source: 's', type: 't', time: '2026-01-06T09:39:34+01:00', data: null };
    expect(toHeaders(event, { contentType: 'text/plain', tracestate: 'without=parent' })).toEqual({
      ce_specversion: '1.0',
      ce_id: 'i',
      ce_source: 's',
      ce_type: 't',
      ce_time: '2026-01-06T08:39:34.000000Z',
      'content-type': 'text/plain',
    });
  });

  it.each([
    [{ id: '' }, 'Header ce_id must not be empty'],
    [{ source: 'a\u0000b' }, 'Header ce_source must not contain control characters'],
    [{ subject: '\ud800' }, 'Header ce_subject must be well-formed Unicode'],
    [{ type: 'ä'.repeat(129) }, 'Header ce_type must not be longer than 256 bytes'],
    [{ time: 'now' }, 'Header ce_time must be an RFC 3339 date-time'],
  ])('refuses %j', (wrong, message) => {
    expect(faultOf(() => toHeaders({ ...EVENT, ...wrong }, { contentType: 'application/json' }))).toBe(message);
  });
});

describe('readHeaders', () => {
  it('reads what was written', () => {
    const { ownerId: _, data: __, ...attributes } = EVENT;
    expect(readHeaders(received(WIRE))).toEqual({
      ...attributes,
      contentType: 'application/json',
      traceparent: TRACEPARENT,
      tracestate: 'vendor=1',
    });
  });

  it('reads texts as it reads their bytes', () => {
    expect(readHeaders(WIRE)).toEqual(readHeaders(received(WIRE)));
    expect(readHeaders({ ...WIRE, tracestate: '' })).not.toHaveProperty('tracestate');
    expect(readHeaders({})).toBeUndefined();
    expect(faultOf(() => readHeaders({ ...WIRE, ce_time: 'now' }))).toContain('ce_time must be');
  });

  it('gives back any attributes that could be written', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const optional = ['subject', 'dataSchema', 'partitionKey', 'correlationId', 'causationId'] as const;
    const attributes = fc.record(
      { id: text, source: text, type: text, ...Object.fromEntries(optional.map((field) => [field, text])) },
      { requiredKeys: ['id', 'source', 'type'] },
    );
    fc.assert(
      fc.property(attributes, (given) => {
        const event = { ...given, time: EVENT.time } as Omit<Event, 'data'>;
        expect(readHeaders(received(toHeaders({ ...event, data: null }, { contentType: 'x/y' })))).toEqual({
          ...event,
          contentType: 'x/y',
        });
      }),
    );
  });

  it('is undefined without ce_id: not a producer of ours', () => {
    const { ce_id: _, ...others } = WIRE;
    expect(readHeaders(received(others))).toBeUndefined();
    expect(readHeaders({})).toBeUndefined();
    expect(readHeaders({ ce_id: [] })).toBeUndefined();
  });

  it('takes the first of a repeated header', () => {
    const headers: RecordHeaders = { ...received(WIRE), ce_id: [Buffer.from('first'), Buffer.from('second')] };
    expect(readHeaders(headers)?.id).toBe('first');
  });

  it('brings the time into UTC', () => {
    expect(readHeaders(received({ ...WIRE, ce_time: '2026-01-06T09:39:34.5+01:00' }))?.time).toBe('2026-01-06T08:39:34.500000Z');
  });

  it.each(['ce_specversion', 'ce_source', 'ce_type', 'ce_time'])('refuses a missing %s', (name) => {
    const headers = received(WIRE);
    delete headers[name];
    expect(faultOf(() => readHeaders(headers))).toContain(`${name} `);
  });

  it.each([
    ['ce_specversion', '0.3', 'ce_specversion must be 1.0'],
    ['ce_id', '', 'ce_id must not be empty'],
    ['ce_id', 'x'.repeat(513), 'ce_id must not be longer than 512 bytes'],
    ['ce_type', 'a\r\nb', 'ce_type must not contain control characters'],
    ['ce_time', '06.01.2026', 'ce_time must be an RFC 3339 date-time'],
    ['ce_subject', '', 'ce_subject must not be empty'],
  ])('refuses %s = %j', (name, value, fault) => {
    expect(faultOf(() => readHeaders(received({ ...WIRE, [name]: value })))).toBe(`Headers are not those of an event: ${fault}`);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(faultOf(() => readHeaders({ ...received(WIRE), ce_source: Buffer.from([0xff]) }))).toContain(
      'ce_source must be UTF-8',
    );
  });

  it('names every fault at once', () => {
    expect(faultOf(() => readHeaders(received({ ce_id: 'only' })))).toBe(
      'Headers are not those of an event: ce_specversion must be 1.0; ce_time is missing; ce_source is missing; ce_type is missing',
    );
  });

  it.each([
    '',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0-0-01',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  ])('leaves out the trace context of traceparent %j', (traceparent) => {
    const headers = readHeaders(received({ ...WIRE, traceparent }));
    expect(headers).toMatchObject({ id: EVENT.id });
    expect(headers).not.toHaveProperty('traceparent');
    expect(headers).not.toHaveProperty('tracestate');
  });

  it('throws nothing but EventErrors, whatever the headers are', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value));
    const value = fc.oneof(
      bytes,
      fc.array(bytes, { maxLength: 2 }),
      ...Object.values(WIRE).map((text) => fc.constant(Buffer.from(text))),
    );
    fc.assert(
      fc.property(
        fc.record(Object.fromEntries(Object.keys(WIRE).map((name) => [name, value])), { requiredKeys: ['ce_id'] }),
        (headers) => {
          expect(typeof faultOf(() => readHeaders(headers as RecordHeaders))).toBe('string');
        },
      ),
    );
  });
});

describe('headerText', () => {
  it('reads the first value as UTF-8', () => {
    expect(headerText({ reason: [Buffer.from('früh'), Buffer.from('spät')] }, 'reason')).toBe('früh');
  });

  it('is undefined for what is absent, also for names that every object inherits', () => {
    expect(headerText({}, 'reason')).toBeUndefined();
    expect(headerText({}, 'constructor')).toBeUndefined();
  });

  it('never throws', () => {
    expect(headerText({ reason: Buffer.from([0xff]) }, 'reason')).toBe('\ufffd');
  });
});
