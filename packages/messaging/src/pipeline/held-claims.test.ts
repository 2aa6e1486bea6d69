import { chunkOf, openForChunks, recording } from '../../test/chunks.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { createInMemoryClaimStore } from '../in-memory/in-memory-claim-store.ts';
import { createInMemoryInbox } from '../in-memory/in-memory-inbox.ts';
import { InboxMemory } from '../in-memory/inbox-memory.ts';

describe('attempts', () => {
  it('are counted by the inbox while the claim store is away, for the whole chunk at once', async () => {
    const { effects, attempts, one } = recording();
    const { handle, claims } = await openForChunks({ handlers: one });
    claims.isAvailable = false;
    expect(await handle(chunkOf('a b c'))).toEqual([]);
    expect([effects, attempts]).toEqual([['a', 'b', 'c'], { a: 1, b: 1, c: 1 }]);
  });

  it.each([
    ['in its chunk', ['a b c d e'], 3, 7],
    ['in another chunk', ['a b c', 'd e f'], 1, 3],
  ])('are those of the event that kills the process, not of its neighbours %s', async (_, chunks, inlineTries, lives) => {
    const clock = createManualClock();
    const claims = createInMemoryClaimStore({ leaseMs: 10_000, clock });
    const { effects, attempts, one } = recording();
    let memory = new InboxMemory();
    let killed = Promise.withResolvers<'killed'>();
    const killing = () => new Promise<never>(() => killed.resolve('killed'));
    /** Begins where the dead one was: with what was committed, and with claims that run out. */
    const startProcess = async () => {
      const { handled } = memory;
      memory = new InboxMemory();
      for (const each of handled) memory.handled.add(each);
      killed = Promise.withResolvers();
      await clock.advance(10_001);
      return openForChunks({
        handlers: { THING_HAPPENED: (event, context) => (event.id === 'c' ? killing() : one.THING_HAPPENED(event, context)) },
        retry: { inlineTries, delays: ['5s'] },
        clock,
        handlerTimeoutMs: 1_000_000,
        slowHandlerMs: 1_000_000,
        overrides: { claims, inbox: createInMemoryInbox({ memory }), renewEveryMs: 1_000_000 },
      });
    };
    let begun = 0;
    for (let result: unknown = 'killed'; result === 'killed' && begun < 20; begun += 1) {
      const { handle } = await startProcess();
      result = await Promise.race([Promise.all(chunks.map((chunk) => handle(chunkOf(chunk)))), killed.promise]);
    }
    expect(begun).toBe(lives);
    expect([...memory.letters.values()]).toMatchObject([{ eventId: 'c', reason: 'attempts' }]);
    const innocents = chunks
      .join(' ')
      .split(' ')
      .filter((id) => id !== 'c');
    expect([...effects].sort()).toEqual(innocents);
    expect(Math.max(...Object.values(attempts))).toBeLessThanOrEqual(2);
  });
});
