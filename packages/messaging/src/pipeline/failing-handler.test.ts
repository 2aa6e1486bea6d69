import { EventError, headerText } from '@throughline/events';
import { recordOf, thing } from '../../test/fixtures.ts';
import { counting, KEY, openWith, transient } from '../../test/one-event.ts';
import { GROUP } from '../../test/open-pipeline.ts';
import type { IncomingRecord } from '../record.ts';
import { RETRY_HEADERS } from '../retries/retry-headers.ts';

describe('a handler that fails', () => {
  it('is tried again in place', async () => {
    const { attempts, handler } = counting((call) => {
      if (call < 3) throw transient();
    });
    const { deliver } = await openWith(handler);
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1, 2, 3]);
  });

  it.each([
    ['transient', transient],
    ['unknown', () => new Error('boom')],
  ])('goes to the first retry topic after its tries in place: %s', async (_, error) => {
    const { attempts, handler } = counting(() => {
      throw error();
    });
    const { deliver, driver, inbox } = await openWith(handler);
    const before = Date.now();
    const record = recordOf(thing(), { partition: 2, offset: 5n });
    expect(await deliver(record)).toBe('retried');
    expect(attempts).toEqual([1, 2, 3]);
    expect(inbox.deadLetters).toEqual([]);
    const [retry] = driver.records(`${GROUP}.retry.5s`);
    expect(retry).toMatchObject({ key: record.key, value: record.value, headers: record.headers });
    const header = (name: string) => headerText(retry?.headers ?? {}, name);
    expect(header(RETRY_HEADERS.originalTopic)).toBe('things.v1');
    expect(header(RETRY_HEADERS.originalPartition)).toBe('2');
    expect(header(RETRY_HEADERS.originalOffset)).toBe('5');
    expect(header(RETRY_HEADERS.originalTimestamp)).toBe('1700000000000');
    expect(header(RETRY_HEADERS.attempts)).toBe('3');
    expect(Number(header(RETRY_HEADERS.firstFailedAt))).toBeGreaterThanOrEqual(before);
    expect(Number(header(RETRY_HEADERS.dueAt))).toBeGreaterThanOrEqual(before + 5000);
  });

  it.each([
    ['transient', transient, 12],
    ['unknown', () => new Error('boom'), 6],
  ])('goes through all retry topics to a dead letter of its original record: %s', async (_, error, tries) => {
    const { attempts, handler } = counting(() => {
      throw error();
    });
    const { deliver, driver, inbox } = await openWith(handler);
    const record = recordOf(thing(), { partition: 2, offset: 5n });
    const outcomes = [await deliver(record)];
    for (const delay of ['5s', '1m', '10m'])
      outcomes.push(await deliver(driver.records(`${GROUP}.retry.${delay}`)[0] as IncomingRecord));
    expect(outcomes).toEqual(['retried', 'retried', 'retried', 'dead-lettered']);
    expect(attempts).toEqual(Array.from({ length: tries }, (__, index) => index + 1));
    expect(inbox.deadLetters).toMatchObject([
      {
        reason: 'attempts',
        attempts: tries,
        eventId: 'event-1',
        original: { topic: 'things.v1', partition: 2, offset: 5n, timestampMs: record.timestampMs },
        record: { topic: `${GROUP}.retry.10m`, value: record.value },
      },
    ]);
  });

  it('goes on with the next longer delay when its own was removed', async () => {
    const { deliver, driver } = await openWith(
      async () => {
        throw transient();
      },
      { retry: { delays: ['5s', '1h'] } },
    );
    await driver.ensureTopics([{ topic: `${GROUP}.retry.1m` }], { create: true });
    expect(await deliver(recordOf(thing(), { topic: `${GROUP}.retry.1m` }))).toBe('retried');
    expect(driver.records(`${GROUP}.retry.1h`)).toHaveLength(1);
  });

  it.each([
    ['says that trying again cannot help', () => new EventError('HANDLER_FAILED', 'no'), 'handler'],
    ['has a mistake', () => new TypeError('x is not a function'), 'handler'],
  ])('is a dead letter at once when it %s', async (_, error, reason) => {
    const { attempts, handler } = counting(() => {
      throw error();
    });
    const { deliver, inbox } = await openWith(handler);
    expect(await deliver(recordOf(thing()))).toBe('dead-lettered');
    expect(attempts).toEqual([1]);
    expect(inbox.deadLetters).toMatchObject([{ reason, attempts: 1 }]);
  });

  it('is stopped at its time limit and counts as failed', async () => {
    const signals: AbortSignal[] = [];
    const { deliver, inbox } = await openWith(
      (_, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
      { handlerTimeoutMs: 20, retry: { inlineTries: 1, delays: [] } },
    );
    expect(await deliver(recordOf(thing()))).toBe('dead-lettered');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(inbox.deadLetters).toMatchObject([{ reason: 'timeout' }]);
    expect(inbox.hasHandled(KEY)).toBe(false);
  });

  it('may be replayed after it was a dead letter, with its tries anew', async () => {
    const { attempts, handler } = counting((call) => {
      if (call <= 2) throw transient();
    });
    const { deliver } = await openWith(handler, { retry: { inlineTries: 2, delays: [] } });
    expect(await deliver(recordOf(thing()))).toBe('dead-lettered');
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1, 2, 1]);
  });

  it('is a dead letter when the retry topic refuses its record, which would keep its place for ever', async () => {
    const { handler } = counting(() => {
      throw transient();
    });
    const refusing = {
      send: () => Promise.reject(new EventError('RECORD_TOO_LARGE', 'with its retry headers')),
      close: async () => {},
    };
    const { deliver, inbox } = await openWith(handler, { overrides: { producer: async () => refusing } });
    expect(await deliver(recordOf(thing()))).toBe('dead-lettered');
    expect(inbox.deadLetters).toMatchObject([{ reason: 'attempts', attempts: 3, error: { class: 'EventError:SEND_FAILED' } }]);
  });
});
