import { chunkOf, conflict, countingInbox, openForChunks, recording, systemic } from '../../test/chunks.ts';
import { recordOf, thing } from '../../test/fixtures.ts';
import { GROUP } from '../../test/open-pipeline.ts';

describe('a chunk', () => {
  it.each(['one', 'many'] as const)('shares one transaction: handlers that take %s', async (kind) => {
    const { calls, effects, ...handlers } = recording();
    const { inbox, transactions } = countingInbox();
    const { handle, outcomes } = await openForChunks({
      ...(kind === 'one' ? { handlers: handlers.one } : { batchHandlers: handlers.many }),
      overrides: { inbox },
    });
    expect(await handle(chunkOf('a b c@b d'))).toEqual([]);
    expect(transactions).toEqual(['a+b+c+d']);
    expect(calls).toEqual(kind === 'one' ? ['a', 'b', 'c', 'd'] : ['a+b+c+d']);
    expect(effects).toEqual(['a', 'b', 'c', 'd']);
    expect(outcomes()).toEqual({ a: 'handled', b: 'handled', c: 'handled', d: 'handled' });
  });

  it('gives a batch handler the neighbours that are its, with what a handler of one event gets', async () => {
    const calls: unknown[] = [];
    const { handle } = await openForChunks({
      handlers: { OTHER_HAPPENED: async (event) => void calls.push(event.id) },
      batchHandlers: {
        THING_HAPPENED: async (batch) => {
          calls.push(batch.map(({ event }) => event.id).join('+'));
          calls.push(batch.at(-1)?.idempotencyKey, batch.at(-1)?.cause, batch.at(-1)?.attempt);
        },
      },
      anyType: true,
    });
    const typed = (id: string, type: string) => recordOf(thing({ id, type, correlationId: 'order-7' }), { key: Buffer.from(id) });
    await handle([
      typed('a', 'THING_HAPPENED'),
      typed('b', 'THING_HAPPENED'),
      typed('c', 'OTHER_HAPPENED'),
      typed('d', 'THING_HAPPENED'),
    ]);
    const facts = (id: string) => [`${GROUP}:${id}`, { correlationId: 'order-7', causationId: id }, 1];
    expect(calls).toEqual(['a+b', ...facts('b'), 'c', 'd', ...facts('d')]);
  });

  it('passes over types that nobody handles, without reading them', async () => {
    const { effects, one } = recording();
    const { handle, told } = await openForChunks({ handlers: one });
    const foreign = recordOf(thing({ id: 'x', type: 'OTHER_HAPPENED' }), { value: Buffer.from('not JSON') });
    expect(await handle([...chunkOf('a'), foreign, ...chunkOf('b')])).toEqual([]);
    expect(effects).toEqual(['a', 'b']);
    expect(told).toHaveLength(2);
  });

  it('is one record where handlers have effects outside, and grows where they are quick', async () => {
    const { one } = recording();
    expect((await openForChunks({ handlers: one, hasOutsideEffects: true })).pipeline.maxChunkRecords()).toBe(1);
    const { pipeline, handle } = await openForChunks({ handlers: one, maxBatchEvents: 256 });
    const before = pipeline.maxChunkRecords();
    await handle(chunkOf(Array.from({ length: before }, (_, n) => `e${n}`).join(' ')));
    expect(pipeline.maxChunkRecords()).toBe(before * 2);
  });
});

describe('a chunk whose transaction fails', () => {
  it('keeps its place as a whole, and its tries, while a store is away', async () => {
    const { attempts, one } = recording();
    const { handle, inbox, told } = await openForChunks({ handlers: one });
    inbox.isAvailable = false;
    const records = chunkOf('a b c');
    for (let round = 0; round < 5; round += 1) {
      const unfinished = await handle(records);
      expect(unfinished.map(({ record }) => record)).toEqual(records);
      expect(unfinished.every(({ retryAfterMs }) => retryAfterMs === undefined)).toBe(true);
    }
    inbox.isAvailable = true;
    expect([await handle(records), attempts]).toEqual([[], { a: 1, b: 1, c: 1 }]);
    expect(told).toHaveLength(3);
  });

  it('keeps what is not done when a store goes away in its middle', async () => {
    let isAway = true;
    const { effects, attempts, one } = recording({ b: () => (isAway ? systemic() : undefined) });
    const { handle } = await openForChunks({ handlers: one });
    expect(await handle(chunkOf('a b c'))).toHaveLength(3);
    isAway = false;
    expect(await handle(chunkOf('a b c'))).toEqual([]);
    expect([effects, attempts]).toEqual([['a', 'b', 'c'], { a: 1, b: 1, c: 1 }]);
  });

  it('is split when it is in conflict with another; nobody is to blame', async () => {
    const { effects, attempts, one } = recording();
    const { inbox, transactions } = countingInbox((ids) => (ids.length > 1 ? conflict() : undefined));
    const { handle } = await openForChunks({ handlers: one, overrides: { inbox } });
    expect(await handle(chunkOf('a b c d'))).toEqual([]);
    expect(transactions).toEqual(['a+b+c+d', 'a+b', 'a', 'b', 'c+d', 'c', 'd']);
    expect([effects, attempts]).toEqual([['a', 'b', 'c', 'd'], { a: 1, b: 1, c: 1, d: 1 }]);
  });

  it('is split at the commit until the culprit is alone', async () => {
    const { effects, one } = recording();
    const { inbox } = countingInbox((ids) => (ids.includes('c') ? new Error('constraint broken at the commit') : undefined));
    const { handle, outcomes } = await openForChunks({ handlers: one, overrides: { inbox } });
    expect(await handle(chunkOf('a b c d e'))).toEqual([]);
    expect(effects).toEqual(['a', 'b', 'd', 'e']);
    expect(outcomes()).toMatchObject({ c: 'retried' });
  });

  it('is not begun again after the assignment was lost', async () => {
    const assignment = new AbortController();
    const { calls, one } = recording({ b: () => assignment.abort() ?? new Error('boom') });
    const { handle, told } = await openForChunks({ handlers: one });
    expect(await handle(chunkOf('a b c'), assignment.signal)).toHaveLength(3);
    expect([calls, told]).toEqual([['a', 'b'], []]);
  });

  it('makes no dead letter of an event that failed just before a store went away', async () => {
    let isAway = true;
    const { effects, attempts, one } = recording({
      a: () => (isAway ? new Error('refused') : undefined),
      b: () => (isAway ? systemic() : undefined),
    });
    const { handle, inbox } = await openForChunks({ handlers: one, retry: { inlineTries: 1, delays: [] } });
    const records = chunkOf('a b');
    expect((await handle(records)).map(({ record }) => record)).toEqual(records);
    isAway = false;
    expect(await handle(records)).toEqual([]);
    expect([effects, attempts, inbox.deadLetters]).toEqual([['a', 'b'], { a: 1, b: 1 }, []]);
  });
});
