import { bytes, recordOf, thing } from '../../test/fixtures.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { counting, KEY, openWith, transient } from '../../test/one-event.ts';
import { GROUP } from '../../test/open-pipeline.ts';
import type { IncomingRecord } from '../record.ts';

describe('an event that is handled', () => {
  it('runs its handler with what the handler needs, in the transaction', async () => {
    const effects: unknown[] = [];
    const { deliver, inbox } = await openWith(async (event, context) => {
      context.tx.onCommit(() => effects.push([event.data, context.attempt, context.idempotencyKey, context.cause]));
    });
    expect(await deliver(recordOf(thing({ correlationId: 'order-7' })))).toBe('handled');
    expect(effects).toEqual([[{ name: 'a' }, 1, `${GROUP}:event-1`, { correlationId: 'order-7', causationId: 'event-1' }]]);
    expect(inbox.hasHandled(KEY)).toBe(true);
  });

  it('is a duplicate for the claim store the second time', async () => {
    const { attempts, handler } = counting();
    const { deliver } = await openWith(handler);
    expect([await deliver(recordOf(thing())), await deliver(recordOf(thing()))]).toEqual(['handled', 'duplicate']);
    expect(attempts).toHaveLength(1);
  });

  it('is a duplicate for the inbox when the claim store forgot it', async () => {
    const { attempts, handler } = counting();
    const { deliver, claims } = await openWith(handler);
    await deliver(recordOf(thing()));
    claims.flush();
    expect(await deliver(recordOf(thing()))).toBe('duplicate');
    expect(attempts).toHaveLength(1);
  });

  it('has the same identity with and without headers', async () => {
    const { attempts, handler } = counting();
    const { deliver } = await openWith(handler);
    expect(await deliver(recordOf(thing(), { headers: {} }))).toBe('handled');
    expect(await deliver(recordOf(thing()))).toBe('duplicate');
    expect(attempts).toHaveLength(1);
  });

  it('may have properties that we do not know', async () => {
    const { deliver } = await openWith(async () => {});
    expect(await deliver(recordOf(thing({ data: { name: 'a', colour: 'blue' } })))).toBe('handled');
  });

  it('is handled without a claim while the claim store is away, the inbox counting its attempts', async () => {
    const { attempts, handler } = counting((call) => {
      if (call === 1) throw transient();
    });
    const { deliver, claims } = await openWith(handler);
    claims.isAvailable = false;
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1, 2]);
  });

  it('keeps its place while somebody else has it in work, and is taken over when their lease is over', async () => {
    const clock = createManualClock();
    const { attempts, handler } = counting();
    const { handle, deliver, claims } = await openWith(handler, { clock });
    await claims.claim([KEY]);
    expect(await handle([recordOf(thing())])).toMatchObject([{ record: recordOf(thing()), retryAfterMs: 500 }]);
    await clock.advance(9_900);
    expect(await handle([recordOf(thing())])).toMatchObject([{ retryAfterMs: 100 }]);
    await clock.advance(101);
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([2]);
  });

  it('keeps its claim while its handler takes longer than the lease', async () => {
    let release = () => {};
    const clock = createManualClock();
    const started = Promise.withResolvers<void>();
    const { deliver, claims } = await openWith(
      () =>
        new Promise((resolve) => {
          release = resolve;
          started.resolve();
        }),
      { leaseMs: 30_000, clock },
    );
    const delivered = deliver(recordOf(thing()));
    await started.promise;
    await clock.advance(59_000);
    expect(await claims.claim([KEY])).toMatchObject([{ outcome: 'in-work' }]);
    release();
    expect(await delivered).toBe('handled');
  });
});

describe('an event without a handler', () => {
  it('is skipped without being read', async () => {
    const { deliver, inbox } = await openWith(async () => {});
    const record = recordOf(thing({ type: 'OTHER_HAPPENED' }), { value: Buffer.from('not JSON') });
    expect(await deliver(record)).toBe('skipped');
    expect(inbox.deadLetters).toEqual([]);
  });
});

describe('a poison record becomes a dead letter at once', () => {
  const cases: readonly [
    string,
    IncomingRecord,
    { reason: string; eventId: string; source: string; eventType: string | undefined },
  ][] = [
    [
      'not JSON, with headers',
      recordOf(thing(), { value: Buffer.from('{') }),
      { reason: 'decoding', eventId: 'event-1', source: 'THING_SERVICE', eventType: 'THING_HAPPENED' },
    ],
    [
      'not JSON, without headers',
      recordOf(thing(), { value: Buffer.from('{'), headers: {}, partition: 3, offset: 42n }),
      { reason: 'decoding', eventId: 'things.v1/3/42', source: 'things.v1', eventType: undefined },
    ],
    [
      'no value',
      recordOf(thing(), { value: null }),
      { reason: 'decoding', eventId: 'event-1', source: 'THING_SERVICE', eventType: 'THING_HAPPENED' },
    ],
    [
      'broken headers',
      recordOf(thing(), { headers: bytes({ ce_id: 'x' }), offset: 7n }),
      { reason: 'decoding', eventId: 'things.v1/0/7', source: 'things.v1', eventType: undefined },
    ],
    [
      'contract broken',
      recordOf(thing({ data: { name: 1 } })),
      { reason: 'contract', eventId: 'event-1', source: 'THING_SERVICE', eventType: 'THING_HAPPENED' },
    ],
  ];
  it.each(cases)('%s', async (_, record, expected) => {
    const { attempts, handler } = counting();
    const { deliver, inbox } = await openWith(handler);
    expect(await deliver(record)).toBe('dead-lettered');
    expect(inbox.deadLetters).toMatchObject([{ ...expected, group: GROUP, record, attempts: 1, replayCount: 0 }]);
    expect(attempts).toEqual([]);
  });

  it('names every violation of the contract with its path', async () => {
    const { deliver, inbox } = await openWith(async () => {});
    await deliver(recordOf(thing({ data: {} })));
    expect(inbox.deadLetters[0]?.error).toMatchObject({ class: 'EventError:CONTRACT_VIOLATED' });
    expect(inbox.deadLetters[0]?.error.message).toContain('/data/name must be string');
  });
});
