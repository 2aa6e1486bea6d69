import { chunkOf, keyOf, openForChunks, recording } from '../../test/chunks.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { GROUP } from '../../test/open-pipeline.ts';
import type { IncomingRecord } from '../record.ts';

describe('an event in a chunk that', () => {
  it.each(['one', 'many'] as const)(
    'fails is tried alone; the others get their effect once: handlers that take %s',
    async (kind) => {
      const { effects, ...handlers } = recording({ c: () => new Error('boom'), f: () => new TypeError('poison') });
      const { handle, outcomes, inbox, driver } = await openForChunks(
        kind === 'one' ? { handlers: handlers.one } : { batchHandlers: handlers.many },
      );
      expect(await handle(chunkOf('a b c d e f g'))).toEqual([]);
      expect([...effects].sort()).toEqual(['a', 'b', 'd', 'e', 'g']);
      expect(outcomes()).toMatchObject({ a: 'handled', c: 'retried', f: 'dead-lettered', g: 'handled' });
      expect(driver.records(`${GROUP}.retry.5s`)).toHaveLength(1);
      expect(inbox.deadLetters).toMatchObject([{ eventId: 'f', attempts: 1 }]);
    },
  );

  it('fails is called again in place as often as it has tries, the first among the others counted', async () => {
    const { calls, attempts, one } = recording({ b: () => new Error('boom') });
    const { handle, outcomes } = await openForChunks({ handlers: one, retry: { inlineTries: 3, delays: ['5s'] } });
    await handle(chunkOf('a b c'));
    expect(calls.filter((id) => id === 'b')).toHaveLength(3);
    expect(attempts).toMatchObject({ a: 1, b: 3, c: 1 });
    expect(outcomes()).toEqual({ a: 'handled', b: 'retried', c: 'handled' });
  });

  it('never ends is stopped at its time; the others are handled', async () => {
    const { effects, one } = recording();
    const clock = createManualClock();
    const begun = Promise.withResolvers<void>();
    const endless = () => new Promise<never>(() => begun.resolve());
    const { handle, outcomes } = await openForChunks({
      handlers: { THING_HAPPENED: (event, context) => (event.id === 'b' ? endless() : one.THING_HAPPENED(event, context)) },
      handlerTimeoutMs: 1000,
      clock,
    });
    const handled = handle(chunkOf('a b c'));
    await begun.promise;
    await clock.advance(1001);
    await handled;
    expect(effects).toEqual(['a', 'c']);
    expect(outcomes()).toEqual({ a: 'handled', b: 'retried', c: 'handled' });
  });

  it('cannot be read goes alone, and the later ones of its key behind it', async () => {
    const { calls, one } = recording();
    const { handle, outcomes, inbox } = await openForChunks({ handlers: one });
    const [a, b, c, d] = chunkOf('a b@k c@k d') as [IncomingRecord, IncomingRecord, IncomingRecord, IncomingRecord];
    await handle([a, { ...b, value: Buffer.from('{') }, c, d]);
    expect(calls).toEqual(['a', 'd', 'c']);
    expect(outcomes()).toEqual({ a: 'handled', b: 'dead-lettered', c: 'handled', d: 'handled' });
    expect(inbox.deadLetters).toMatchObject([{ eventId: 'b', reason: 'decoding' }]);
  });

  it('is there twice is handled once', async () => {
    const { effects, one } = recording();
    const { handle, told } = await openForChunks({ handlers: one });
    expect(await handle(chunkOf('a b a@other'))).toEqual([]);
    expect(effects).toEqual(['a', 'b']);
    expect(told.map(({ eventId, outcome }) => `${eventId} ${outcome}`)).toEqual(['a handled', 'b handled', 'a duplicate']);
  });

  it('was handled before is a duplicate, for the claim store and for the inbox', async () => {
    const { effects, one } = recording();
    const { handle, claims, outcomes } = await openForChunks({ handlers: one });
    await handle(chunkOf('a b'));
    await handle(chunkOf('a c'));
    claims.flush();
    expect(await handle(chunkOf('b d'))).toEqual([]);
    expect(effects).toEqual(['a', 'b', 'c', 'd']);
    expect(outcomes()).toEqual({ a: 'duplicate', b: 'duplicate', c: 'handled', d: 'handled' });
  });

  it('somebody else has in work keeps its place with the later ones of its key; the others are handled', async () => {
    const { effects, attempts, one } = recording();
    const { handle, claims } = await openForChunks({ handlers: one });
    const [claim] = await claims.claim([keyOf('b')]);
    const records = chunkOf('a b@k c@k d');
    expect(await handle(records)).toMatchObject([
      { record: records[1], retryAfterMs: 500 },
      { record: records[2], retryAfterMs: 500 },
    ]);
    expect(effects).toEqual(['a', 'd']);
    if (claim?.outcome !== 'claimed') throw new Error('not claimed');
    await claims.release([{ key: keyOf('b'), token: claim.token }], 'taken-back');
    expect(await handle([records[1], records[2]] as IncomingRecord[])).toEqual([]);
    expect(attempts).toEqual({ a: 1, b: 1, c: 1, d: 1 });
  });

  it('leaves later than one behind it of its key is handled before that', async () => {
    const { effects, one } = recording();
    const { handle, claims } = await openForChunks({ handlers: one });
    const [claim] = await claims.claim([keyOf('a')]);
    if (claim?.outcome !== 'claimed') throw new Error('not claimed');
    await claims.release([{ key: keyOf('a'), token: claim.token }], 'counted');
    // The second a leaves at once, and c behind it; the first one at its claim, and b behind that.
    expect(await handle(chunkOf('a@k b@k a@k c@k'))).toEqual([]);
    expect(effects).toEqual(['a', 'b', 'c']);
  });

  it('waits alone is behind those that are done: their keys may go on', async () => {
    const { one } = recording({ b: () => new Error('boom') });
    const { handle, finished } = await openForChunks({ handlers: one });
    const records = chunkOf('a b c');
    await handle(records);
    expect(finished).toEqual([records[0], records[2], records[1]]);
  });
});
