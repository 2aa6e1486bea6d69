import { toHeaders } from '@throughline/events';
import fc from 'fast-check';
import { bytes, jsonCodec, recordOf, thing } from '../../test/fixtures.ts';
import type { DeadLetter } from '../inbox.ts';
import type { IncomingRecord } from '../record.ts';
import { RETRY_HEADERS, readDueAtMs } from '../retries/retry-headers.ts';
import { createDeliveryReader } from './read-delivery.ts';
import { toDeadLetter } from './to-dead-letter.ts';

const GROUP = 'test.things';
const read = createDeliveryReader({ group: GROUP, codec: jsonCodec, order: 'none' });

function letterOf(record: IncomingRecord, error: unknown = new Error('no')): DeadLetter {
  const delivery = read(record, new AbortController().signal);
  const firstFailedAtMs = delivery.history.firstFailedAtMs ?? 1;
  delivery.attempt = delivery.history.attempts + 1;
  return toDeadLetter({ group: GROUP, delivery, error, reason: 'handler', firstFailedAtMs, lastFailedAtMs: 2 });
}

const MAX_INT4 = 2 ** 31 - 1;

/** What Postgres and Kafka take. */
function expectStorable(letter: DeadLetter): void {
  const { original, error } = letter;
  expect(original.topic).toMatch(/^[\w.-]{1,249}$/);
  expect(original.offset).toBeLessThan(2n ** 63n);
  for (const whole of [original.partition, letter.attempts, letter.replayCount]) {
    expect(Number.isInteger(whole) && whole >= 0 && whole <= MAX_INT4).toBe(true);
  }
  for (const atMs of [original.timestampMs, letter.firstFailedAtMs, letter.lastFailedAtMs]) {
    expect(new Date(atMs).toISOString()).toMatch(/^\d{4}-/);
  }
  for (const text of [letter.eventId, letter.source, letter.eventType ?? '', error.class, error.message, error.stack]) {
    expect(text).not.toContain('\0');
  }
  expect(Object.keys(letter.record.headers).filter((name) => name.startsWith('retry-'))).toEqual([]);
}

describe('toDeadLetter', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each)),
    fc
      .constantFrom('9'.repeat(30), '9'.repeat(15), '-1', '1e300', '0x10', 'a\0b', 'things.v1', '', '7')
      .map((text) => Buffer.from(text)),
  );
  const names = fc.constantFrom(
    ...Object.values(RETRY_HEADERS),
    'dlq-replay-count',
    'ce_id',
    'ce_source',
    'ce_type',
    'na\0me',
    '__proto__',
  );
  const records = fc.record({
    topic: fc.constantFrom('things.v1', `${GROUP}.retry.5s`),
    offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    timestampMs: fc.constantFrom(-1, 0, 1_700_000_000_000, Number.MAX_SAFE_INTEGER),
    headers: fc
      .dictionary(names, hostile)
      .map((extra) => ({ ...bytes(toHeaders(thing(), { contentType: 'application/json' })), ...extra })),
    value: fc.option(hostile),
  });

  it('makes a letter that can be stored of every record and error', () => {
    fc.assert(
      fc.property(records, fc.string({ unit: 'binary' }), (overrides, message) => {
        expectStorable(letterOf(recordOf(thing(), overrides), new Error(`${message}\0`)));
      }),
      { numRuns: 200 },
    );
  });

  it('makes one of an event whose id cannot be text, in its value', () => {
    const record = recordOf(thing(), { headers: {}, value: jsonCodec.encode(thing({ id: 'a\0b' })) });
    expect(letterOf(record).eventId).toBe('a\uFFFDb');
  });

  it('tells no credentials', () => {
    const error = new Error('cannot connect to postgres://app:hunter2@db/app, sent Bearer hunter2');
    const { message, stack } = letterOf(recordOf(thing()), error).error;
    expect(message).toBe('cannot connect to postgres://[redacted]@db/app, sent Bearer [redacted]');
    expect(stack).not.toContain('hunter2');
    expect(letterOf(recordOf(thing()), 'redis://:hunter2@cache').error.message).toBe('redis://[redacted]@cache');
  });

  it('has the record’s own headers, without those of its retries', () => {
    const own = recordOf(thing()).headers;
    const headers = { ...own, ...bytes({ [RETRY_HEADERS.attempts]: '3', [RETRY_HEADERS.lastError]: 'x' }) };
    expect(letterOf(recordOf(thing(), { topic: `${GROUP}.retry.5s`, headers })).record.headers).toEqual(own);
  });
});

describe('the history of a record', () => {
  const history = bytes({
    [RETRY_HEADERS.originalTopic]: 'things.v1',
    [RETRY_HEADERS.originalPartition]: '2',
    [RETRY_HEADERS.originalOffset]: '5',
    [RETRY_HEADERS.attempts]: '12',
  });

  it('is believed in the group’s own retry topics only', () => {
    const headers = { ...recordOf(thing()).headers, ...history };
    const of = (topic: string) => read(recordOf(thing(), { topic, headers, offset: 99n }), new AbortController().signal).history;
    expect(of(`${GROUP}.retry.5s`)).toMatchObject({ attempts: 12, original: { topic: 'things.v1', partition: 2, offset: 5n } });
    expect(of('things.v1')).toMatchObject({ attempts: 0, original: { topic: 'things.v1', partition: 0, offset: 99n } });
    expect(of('other.group.retry.5s')).toMatchObject({ attempts: 0 });
  });

  it('does not hold up a retry topic for longer than its delay', () => {
    const due = (dueAt: string) =>
      readDueAtMs(GROUP, recordOf(thing(), { topic: `${GROUP}.retry.5s`, headers: bytes({ [RETRY_HEADERS.dueAt]: dueAt }) }));
    expect(due('1700000004000')).toBe(1_700_000_004_000);
    expect(due('99999999999999')).toBe(1_700_000_065_000);
    expect(due('999999999999999')).toBeUndefined();
  });
});

it('takes an event’s time from its headers, as everything else', () => {
  const record = recordOf(thing({ time: '2026-02-02T02:02:02Z' }), { value: jsonCodec.encode(thing()) });
  expect(read(record, new AbortController().signal).decode().time).toBe('2026-02-02T02:02:02.000000Z');
});
