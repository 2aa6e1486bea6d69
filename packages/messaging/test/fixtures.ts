import type { ContractRegistry } from '@throughline/contracts';
import { type EnvelopeCodec, type Event, EventError, type RecordHeaders, toHeaders } from '@throughline/events';
import { createLogger, createMetrics } from '@throughline/telemetry';
import type { IncomingRecord } from '../src/record.ts';

export interface Thing {
  readonly name: string;
}

/** The smallest envelope: the event itself as JSON. */
export const jsonCodec: EnvelopeCodec = {
  name: 'json',
  contentType: 'application/json',
  encode: ({ id, source, type, time, data }) => Buffer.from(JSON.stringify({ id, source, type, time, data })),
  decode: (value) => {
    try {
      return JSON.parse(value.toString()) as Event;
    } catch (cause) {
      throw new EventError('DECODING_FAILED', 'not JSON', { cause });
    }
  },
  toEnvelope: ({ id, source, type, time, data }) => ({ id, source, type, time, data }),
};

/** Knows THING_HAPPENED.v1 = { data: { name: string } }. */
export const thingContracts: ContractRegistry = {
  names: ['THING_HAPPENED.v1'],
  newest: (type) => (type === 'THING_HAPPENED' ? 'THING_HAPPENED.v1' : undefined),
  validate: (_, envelope, view) => {
    const { data } = envelope as { data: Record<string, unknown> };
    const unknown = Object.keys(data).filter((key) => key !== 'name');
    return [
      ...(typeof data.name === 'string' ? [] : [{ path: '/data/name', rule: 'type', message: 'must be string' }]),
      ...(view === 'closed' ? unknown.map((key) => ({ path: `/data/${key}`, rule: 'unknown', message: 'is not known' })) : []),
    ];
  },
};

export function thing(overrides: Partial<Event> = {}): Event {
  return {
    id: 'event-1',
    source: 'THING_SERVICE',
    type: 'THING_HAPPENED',
    time: '2026-01-06T10:14:52.643695Z',
    data: { name: 'a' } satisfies Thing,
    ...overrides,
  };
}

/** A record as the relay would have sent the event; `headers: {}` makes one of a foreign producer. */
export function recordOf(event: Event, overrides: Partial<IncomingRecord> = {}): IncomingRecord {
  return {
    topic: 'things.v1',
    partition: 0,
    offset: 0n,
    key: Buffer.from('key-1'),
    value: jsonCodec.encode(event),
    headers: bytes(toHeaders(event, { contentType: 'application/json' })),
    timestampMs: 1_700_000_000_000,
    ...overrides,
  };
}

export function bytes(headers: Readonly<Record<string, string | Buffer | readonly Buffer[]>>): RecordHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? Buffer.from(value) : value]),
  );
}

export const silentLogger = createLogger({ name: 'test', level: 'fatal' });

export function newMetrics() {
  return createMetrics({ service: 'test' });
}
